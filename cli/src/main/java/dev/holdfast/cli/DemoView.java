package dev.holdfast.cli;

import dev.holdfast.core.stream.StreamEvent;

/** Shows the demo, for people or for programs. */
interface DemoView {
  /** Called once, before anything happens. */
  void open(DemoPlan plan);

  /** Called for every event, the moment it was delivered. */
  void show(StreamEvent event);

  /** Called once, at the end. */
  void close(DemoResult result);
}
