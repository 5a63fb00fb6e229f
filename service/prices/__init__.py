"""What models cost: computed where the client sent no cost, from prices that somebody loaded."""
