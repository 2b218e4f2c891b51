//! Sessions have one keeper each moment, and leave one complete record each, whoever is killed.

mod adopting;
mod creating;
mod desk;
mod elsewhere;
mod ending;
mod gone;
mod hosts;
mod matrix;
mod reached;
mod shown;
mod superseded;
mod views;
