package dev.holdfast.testkit.journal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The streams of one partition, as {@link ScriptModel} has them. Not thread-safe. */
final class ScriptPartition {
  final Map<String, Head> heads = new HashMap<>();

  /** Tokens of creations that must not be done any more, by the key of the head. */
  final Map<String, String> deleted = new HashMap<>();

  final Map<String, Double> ids = new HashMap<>();
  final Map<String, Double> open = new HashMap<>();
  final Map<String, Long> bytes = new HashMap<>();
  long sum;

  ScriptPartition copy() {
    var copy = new ScriptPartition();
    heads.forEach((key, head) -> copy.heads.put(key, head.copy()));
    copy.deleted.putAll(deleted);
    copy.ids.putAll(ids);
    copy.open.putAll(open);
    copy.bytes.putAll(bytes);
    copy.sum = sum;
    return copy;
  }

  /** One batch of a stream. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Batch(long tail, String epoch, byte[] bytes) {}

  static final class Head {
    String epoch = "";
    String last = "0";
    String token = "";

    /** The token of its creation. */
    String creation = "";

    long sequence;
    long bytes;
    long created;
    long expires;
    long ttl;
    boolean sliding;
    byte[] metadata = {};
    @Nullable String kind;
    byte[] detail = {};
    List<Batch> batches = new ArrayList<>();

    Head copy() {
      var copy = new Head();
      copy.epoch = epoch;
      copy.last = last;
      copy.token = token;
      copy.creation = creation;
      copy.sequence = sequence;
      copy.bytes = bytes;
      copy.created = created;
      copy.expires = expires;
      copy.ttl = ttl;
      copy.sliding = sliding;
      copy.metadata = metadata;
      copy.kind = kind;
      copy.detail = detail;
      copy.batches = new ArrayList<>(batches);
      return copy;
    }
  }
}
