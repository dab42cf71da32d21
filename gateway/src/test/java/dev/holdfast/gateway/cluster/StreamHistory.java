package dev.holdfast.gateway.cluster;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that the store ever stored of one stream. Where a failover took the last of it, what follows
 * is another branch.
 */
final class StreamHistory {
  /** What one stream is meant to be. */
  record Plan(
      StreamId id,
      int frames,
      boolean cut,
      boolean continues,
      boolean needsClient,
      boolean silent) {
    /** {@return the bytes of a frame} Those of each epoch differ, so that a splice shows. */
    byte[] frame(int index, int epoch) {
      String data =
          "data: {\"n\":%d,\"e\":%d,\"pad\":\"%s\"}\n\n"
              .formatted(index, epoch, "x".repeat((index * 37) % 50));
      return data.getBytes(StandardCharsets.US_ASCII);
    }

    /** {@return how many frames the upstream sends} */
    int sent() {
      return cut ? frames / 2 : frames;
    }
  }

  /**
   * One entry.
   *
   * @param before the entry before it; null at the start
   * @param frames of the body up to here
   * @param body whether it is one of the body
   */
  record Node(
      @Nullable Node before, JournalOffset offset, ByteBuffer payload, int frames, boolean body) {
    /** {@return the last frame of the body up to here; null for none} */
    @Nullable Node lastFrame() {
      var node = this;
      while (node != null && !node.body()) {
        node = node.before();
      }
      return node;
    }

    /** {@return the frame before this one; null for none} */
    @Nullable Node frameBefore() {
      return before == null ? null : before.lastFrame();
    }
  }

  /**
   * An end that was stored.
   *
   * @param at the last entry; null if there is none
   */
  record Ended(JournalEnd.Kind kind, @Nullable Node at) {}

  final Plan plan;
  final List<Ended> ends = new ArrayList<>();
  final Map<Integer, String> writers = new HashMap<>();
  final Map<Integer, String> fencers = new HashMap<>();
  private final Map<JournalOffset, Node> nodes = new HashMap<>();
  boolean stopped;
  boolean created;

  /** Its creation was given up. */
  boolean removed;

  StreamHistory(Plan plan) {
    this.plan = plan;
  }

  @Nullable Node node(JournalOffset offset) {
    return nodes.get(offset);
  }

  void add(Node node) {
    nodes.put(node.offset(), node);
  }

  /** {@return whether this end was stored after this frame} */
  @SuppressWarnings("ReferenceEquality") // One entry is one object.
  boolean endedAfter(JournalEnd.Kind kind, @Nullable Node frame) {
    for (Ended ended : ends) {
      var last = ended.at() == null ? null : ended.at().lastFrame();
      if (ended.kind() == kind && last == frame) {
        return true;
      }
    }
    return false;
  }

  boolean hasEnded() {
    return !ends.isEmpty();
  }
}
