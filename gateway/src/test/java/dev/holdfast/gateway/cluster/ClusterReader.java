package dev.holdfast.gateway.cluster;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.cluster.StreamHistory.Node;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A client that reads one stream, over as many connections as it needs, of any node. Each frame is
 * the one after its last (PREFIX, NO-DUP), and was stored (DURABLE); the end is one that was stored
 * after that frame, and comes once (TRUTH, ONE-END).
 */
final class ClusterReader {
  final StreamId id;
  private final ClusterWorld world;
  private final SimulatedStore store;
  private final StreamHistory history;
  private final String name;
  private final StringBuilder unread = new StringBuilder();
  private @Nullable Node at;
  private String lastId = "";
  private String typed = "";
  private boolean error;
  private String done = "";

  /** Its connection; null for none. */
  @Nullable ClusterConnection connection;

  /** When it may connect again. */
  long patientUntil;

  int resumed;
  int restarts;
  int frames;

  ClusterReader(ClusterWorld world, SimulatedStore store, StreamHistory history, String name) {
    this.world = world;
    this.store = store;
    this.history = history;
    this.name = name;
    id = history.plan.id();
  }

  /** {@return how it ended; empty as long as it reads} */
  String done() {
    return done;
  }

  boolean isDone() {
    return !done.isEmpty();
  }

  String lastId() {
    return lastId;
  }

  @Override
  public String toString() {
    return name;
  }

  /** A connection begins. */
  void connects(ClusterConnection to) {
    var before = connection;
    if (before != null) {
      before.cut();
    }
    connection = to;
    unread.setLength(0);
    typed = "";
    error = false;
    if (lastId.isEmpty()) {
      restart();
    } else {
      resumed++;
    }
  }

  private void restart() {
    at = null;
    lastId = "";
  }

  void receive(String bytes) {
    world.that(!isDone(), "ONE-END", "%s receives more after its end", name);
    unread.append(bytes);
    for (int cut = unread.indexOf("\n\n"); cut >= 0; cut = unread.indexOf("\n\n")) {
      block(unread.substring(0, cut));
      unread.delete(0, cut + 2);
    }
    if (unread.indexOf(": holdfast-stream-end") == 0 && unread.indexOf("\n") > 0) {
      typedEnd(unread.toString().strip());
      unread.setLength(0);
    }
  }

  private void block(String block) {
    var frame = new StringBuilder();
    String eventId = "";
    for (String line : block.split("\n", -1)) {
      if (line.startsWith(": holdfast-stream-end")) {
        typedEnd(line);
      } else if (line.startsWith("id: ")) {
        eventId = line.substring("id: ".length());
      } else if (!line.startsWith(":") && !line.isEmpty()) {
        frame.append(line).append('\n');
      }
    }
    if (frame.isEmpty()) {
      return; // A sign of life.
    }
    if (eventId.isEmpty()) {
      world.that(frame.indexOf("\"pad\"") < 0, "PREFIX", "%s: a frame without an id", name);
      error = true;
      return;
    }
    frame(frame + "\n", eventId);
  }

  @SuppressWarnings("ReferenceEquality") // One entry is one object.
  private void frame(String frame, String eventId) {
    world.that(typed.isEmpty(), "ONE-END", "%s receives a frame after its end", name);
    var offset = JournalOffset.parse(eventId, id);
    var node = history.node(offset);
    world.that(node != null, "DURABLE", "%s receives %s, which was never stored", name, offset);
    if (node == null) {
      return;
    }
    String stored = StandardCharsets.US_ASCII.decode(node.payload().duplicate()).toString();
    world.that(stored.equals(frame), "PREFIX", "%s: %s is not %s", name, frame, stored);
    world.that(
        node.frameBefore() == at,
        "PREFIX",
        "%s receives %s after %s",
        name,
        offset,
        at == null ? "nothing" : at.offset());
    at = node;
    lastId = eventId;
    frames++;
  }

  private void typedEnd(String comment) {
    world.that(typed.isEmpty(), "ONE-END", "%s: %s after %s", name, comment, typed);
    typed = comment.split(" ", -1)[2];
    ends(JournalEnd.Kind.valueOf(typed.toUpperCase(Locale.ROOT)));
  }

  private void ends(JournalEnd.Kind kind) {
    world.that(
        history.endedAfter(kind, at),
        "TRUTH",
        "%s receives the end %s after %s, which was not stored",
        name,
        kind,
        at == null ? "nothing" : at.offset());
  }

  /** The body ended properly, or the connection broke. */
  void ended(boolean properly, boolean answers) {
    connection = null;
    if (properly && typed.isEmpty()) {
      world.that(answers, "TRUTH", "%s: a clean end without its kind", name);
      if (error) {
        done = "error";
        return;
      }
      ends(JournalEnd.Kind.COMPLETE);
      typed = "complete";
    }
    done = typed;
    if (isDone()) {
      world.tell("%s is done: %s", name, done);
    }
  }

  /** The gateway refused. */
  void refused(int status, String code) {
    connection = null;
    world.tell("%s is refused: %d %s", name, status, code);
    switch (status) {
      case 404 -> isUnknown(status);
      case 400 -> {
        world.that(
            store.losses > 0, "DURABLE", "%s: %s is refused, nothing was lost", name, lastId);
        restarts++;
        restart();
      }
      case 502 -> {
        if (code.equals("stream-lost")) {
          isUnknown(status);
        } else if (code.startsWith("stream-")) {
          String kind = code.substring("stream-".length()).toUpperCase(Locale.ROOT);
          ends(JournalEnd.Kind.valueOf(kind));
          done = code;
        }
      }
      default -> {}
    }
  }

  private void isUnknown(int status) {
    world.that(
        store.losses > 0 || !history.created || store.state(id) == null,
        "DURABLE",
        "%s: %d for a stream that is there",
        name,
        status);
    done = "unknown";
  }
}
