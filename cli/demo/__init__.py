"""The demonstration: a made-up world in which every party is a process of its own, with its own folder."""
