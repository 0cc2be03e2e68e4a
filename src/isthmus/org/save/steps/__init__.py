"""Steps: one file for each idea of the save order. `isthmus.org.save.order` puts them in their order."""
