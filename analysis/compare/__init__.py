"""Models beside each other: hours, rent, the trend of cost, what is disclosed, and estimates."""
