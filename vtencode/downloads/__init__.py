"""Downloads: public datasets from their official addresses."""
