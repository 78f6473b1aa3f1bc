"""How far an error measured on n examples can be from the true one."""
