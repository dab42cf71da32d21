/** Runs the core over java.net.http on the caller's thread. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.client {
  requires static org.jspecify;
  requires transitive dev.holdfast.core;
  requires java.net.http;
  // Only to see a close that waits for a reader; without it such a close waits for the idle clock.
  requires static java.management;
  // Only for callers that keep text in a database.
  requires static java.sql;

  exports dev.holdfast.client;
  exports dev.holdfast.client.browser;
  exports dev.holdfast.client.journal;
  exports dev.holdfast.client.relay;
}
