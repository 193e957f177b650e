"""Object stores: what is on them is whole, or is not counted on."""
