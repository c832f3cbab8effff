//! The program as a user runs it: exit status, standard output and standard error.

mod fixture;

<<<<<<< HEAD
mod changes;
=======
mod formats;
>>>>>>> 362ffc8 (Formats are rows of one table, and templates tell most of their lines; crashtrail formats says what files are taken for)
mod hostile;
mod options;
mod status;
mod streams;
