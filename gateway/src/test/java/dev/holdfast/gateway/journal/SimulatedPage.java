package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A page that reads one stream, over as many connections as it needs, and checks every frame
 * against the disk: each is the next one of the stream (PREFIX, NO-DUP), and on the disk when it
 * arrives (DURABLE). Throws {@link AssertionError} otherwise.
 */
final class SimulatedPage {
  final StreamId id;
  final String dialect;

  /** Whether events carry ids, so that the page resumes where it was. */
  final boolean ids;

  private final SimulatedDisk disk;
  private final StringBuilder unread = new StringBuilder();

  /** Where the page is, by the disk. */
  private JournalOffset at = JournalOffset.START;

  private String lastId = "";
  private String comment = "";
  private boolean sawError;
  private int frames;
  private String done = "";
  int restarts;

  SimulatedPage(SimulatedDisk disk, StreamId id, String dialect) {
    this.disk = disk;
    this.id = id;
    this.dialect = dialect;
    ids = Frames.takesIds(dialect);
  }

  /** {@return how it ended; empty as long as it reads} */
  String done() {
    return done;
  }

  /** {@return how many frames it has} */
  int frames() {
    return frames;
  }

  /** {@return the id of its last event; empty to read from the start} */
  String lastId() {
    return lastId;
  }

  /** A connection begins. */
  void connects() {
    unread.setLength(0);
    comment = "";
    sawError = false;
    if (lastId.isEmpty()) {
      restart();
    }
  }

  private void restart() {
    at = JournalOffset.START;
    frames = 0;
    lastId = "";
  }

  void receive(byte[] bytes) {
    unread.append(new String(bytes, StandardCharsets.US_ASCII));
    String end = dialect.equals("ollama-chat") ? "\n" : "\n\n";
    for (int cut = unread.indexOf(end); cut >= 0; cut = unread.indexOf(end)) {
      block(unread.substring(0, cut + end.length()));
      unread.delete(0, cut + end.length());
    }
  }

  private void block(String block) {
    var frame = new StringBuilder();
    String eventId = "";
    for (String line : block.split("(?<=\n)", -1)) {
      if (line.startsWith(":")) {
        comment = line.strip();
      } else if (line.startsWith("id: ")) {
        eventId = line.substring("id: ".length()).strip();
      } else if (!frame.isEmpty() || !line.equals("\n")) { // A sign of life may be a blank line.
        frame.append(line);
      }
    }
    String text = frame.toString();
    if (text.isBlank() || text.startsWith("event: ping\n")) {
      return; // A sign of life.
    }
    if (disk.files().find(id).isEmpty()) {
      return; // It has expired while this was under way.
    }
    var next = disk.frameAfter(id, at);
    if (next != null && text.equals(text(next.entry().payload()))) {
      at = next.offset();
      frames++;
      that(!ids || eventId.equals(at.text(id)), "frame %d came with another id", frames);
      lastId = eventId;
      return;
    }
    that(eventId.isEmpty(), "frame %d is not the next one on the disk: %s", frames + 1, text);
    that(
        !text.contains("\"pad\""),
        "frame %d is not the next one on the disk: %s",
        frames + 1,
        text);
    sawError = true;
  }

  private static String text(ByteBuffer payload) {
    return StandardCharsets.US_ASCII.decode(payload.duplicate()).toString();
  }

  /** The body ended properly, or the connection broke. */
  void ended(boolean properly) {
    if (unread.toString().startsWith(": holdfast-stream-end")) {
      comment = unread.toString().strip();
    }
    var stream = disk.files().find(id);
    if (stream.isEmpty()) {
      done = "expired";
      return;
    }
    var end = stream.get().end().orElse(null);
    boolean complete = end != null && end.kind() == JournalEnd.Kind.COMPLETE;
    if (properly) {
      that(end != null, "the body ended, the stream did not");
      that(complete || sawError, "a clean end, but the stream ended as %s", String.valueOf(end));
      that(!complete || isAtTail(), "a clean end after %d frames, more are stored", frames);
    }
    if (end != null && !complete && (sawError || !comment.isEmpty() || isAtTail())) {
      done = end.kind().name();
    } else if (properly && complete) {
      done = "COMPLETE";
    }
  }

  private boolean isAtTail() {
    return disk.frameAfter(id, at) == null;
  }

  /**
   * The gateway refused.
   *
   * @param lost whether a power failure may have taken what the page has
   */
  void refused(int status, boolean lost) {
    switch (status) {
      case 404 -> {
        that(disk.files().find(id).isEmpty(), "404 for a stream that is there");
        done = "unknown";
      }
      case 400 -> {
        that(lost, "an offset was refused that nothing took away: %s", lastId);
        restarts++;
        restart();
      }
      default -> {
        var end = disk.files().find(id).flatMap(stream -> stream.end()).orElse(null);
        that(
            end == null || end.kind() != JournalEnd.Kind.COMPLETE,
            "status %d for a whole stream",
            status);
        if (end != null) {
          done = end.kind().name();
        }
      }
    }
  }

  /** A process was killed: what the page has must be on the disk. */
  void survives() {
    var stream = disk.files().find(id);
    that(
        stream.isEmpty() || stream.get().tail().sequence() >= at.sequence(),
        "the page has %d frames, which the disk lost",
        frames);
  }

  @SuppressWarnings("AnnotateFormatMethod") // Its annotation is not on the class path.
  private void that(boolean holds, String message, Object... values) {
    if (!holds) {
      throw new AssertionError(
          "stream %s, %s: ".formatted(id, dialect) + message.formatted(values));
    }
  }
}
