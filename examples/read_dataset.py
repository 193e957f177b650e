"""Build a small dataset, then look at its pairs and at the worst error of each.

Run: python examples/read_dataset.py OUT
"""

import sys

import vtencode as vt


def main(out: str) -> None:
    """Build four pairs from a miniature into `out`, and print what they hold."""
    vt.build("nyu-depth", out=out, demo=4)
    for pair in vt.open_dataset(out):
        decoded = pair.decode()
        depth = decoded.target
        print(
            f"{pair.key}: {pair.instruction!r}, {depth.meters[depth.valid].mean():.2f} m on "
            f"average, off by at most {1000 * pair.meta['worst_error']:.1f} mm"
        )


if __name__ == "__main__":
    main(sys.argv[1])
