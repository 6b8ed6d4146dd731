mod communications;
mod statuses;
