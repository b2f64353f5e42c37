"""The timbres that come with chipgen, one YAML file each."""
