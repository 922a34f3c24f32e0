"""The platforms: each turns a description into a Result. Only the runner imports them."""
