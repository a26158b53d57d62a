"""What the register says: exact counts of absences and children, for disclosure control and nobody else."""
