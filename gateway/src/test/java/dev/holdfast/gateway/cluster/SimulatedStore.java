package dev.holdfast.gateway.cluster;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.cluster.StreamHistory.Node;
import dev.holdfast.journal.redis.SimulatedRedis;
import dev.holdfast.testkit.journal.ScriptModel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The store of the cluster, with a replica and a clock of its own. Checks each change of a stream:
 * ONE-WRITER, LEASE, PREFIX, GIVEN-UP and the truth of ends.
 */
final class SimulatedStore {
  /** The type of an entry that is a frame of the body. */
  private static final int BODY = 3;

  private final ClusterWorld world;
  private final Map<StreamId, StreamHistory> histories = new LinkedHashMap<>();
  private final Map<String, Set<SimulatedProcess>> subscribers = new HashMap<>();
  private ScriptModel model;

  /** When leases end, by this store's clock, whatever the model has. */
  private Map<String, Long> leases = new HashMap<>();

  private @Nullable ScriptModel replica;
  private Map<String, Long> replicaLeases = new HashMap<>();
  private final boolean replicated;
  private long clockMillis = 1_700_000_000_000L;
  private boolean up = true;
  private long loadingUntil;

  /** How often it lost something, or was not there for long. */
  int losses;

  int outages;

  SimulatedStore(ClusterWorld world, Set<ScriptModel.Rule> rules, boolean replicated) {
    this.world = world;
    this.replicated = replicated;
    model = new ScriptModel(this::millis, rules, this::publish);
    replica = replicated ? model.copy() : null;
  }

  long millis() {
    return clockMillis + world.now() / 1_000_000;
  }

  boolean isUp() {
    return up;
  }

  boolean isReplicated() {
    return replicated;
  }

  void up(boolean on) {
    up = on;
    loadingUntil = world.now() + world.draw(0, 60);
  }

  /** {@return whether it answers that it cannot yet} */
  boolean isLoading() {
    return world.now() < loadingUntil;
  }

  /** The replica takes its place, with a clock of its own. */
  void failOver() {
    var next = replica;
    if (next != null) {
      losses++;
      model = next;
      leases = new HashMap<>(replicaLeases);
      replica = model.copy();
      clockMillis += world.random.nextInt(400) - 200;
    }
  }

  private void replicate() {
    if (replicated && world.chance(3)) {
      replica = model.copy();
      replicaLeases = new HashMap<>(leases);
    }
  }

  // ---------------------------------------------------------------- streams

  void expect(StreamHistory history) {
    histories.put(history.plan.id(), history);
  }

  Iterable<StreamHistory> histories() {
    return histories.values();
  }

  StreamHistory history(StreamId id) {
    var history = histories.get(id);
    if (history == null) {
      throw new AssertionError("a stream of this simulation, was " + id);
    }
    return history;
  }

  ScriptModel.@Nullable State state(StreamId id) {
    return model.state(id.toString());
  }

  /** {@return the last frame that is stored; null for none} */
  @Nullable Node lastFrame(StreamId id) {
    var state = state(id);
    if (state == null || state.sequence() == 0) {
      return null;
    }
    var node = history(id).node(new JournalOffset((int) state.tailEpoch(), state.sequence()));
    return node == null ? null : node.lastFrame();
  }

  // ---------------------------------------------------------------- messages

  void subscribe(String channel, SimulatedProcess process) {
    subscribers.computeIfAbsent(channel, key -> new LinkedHashSet<>()).add(process);
  }

  void unsubscribe(String channel, SimulatedProcess process) {
    var those = subscribers.get(channel);
    if (those != null) {
      those.remove(process);
    }
  }

  private void publish(String channel, String text) {
    var those = subscribers.get(channel);
    if (those != null) {
      those.forEach(process -> process.message(channel, text));
    }
  }

  // ---------------------------------------------------------------- scripts

  /** {@return the answer to a script that a process sent} */
  List<byte[]> apply(SimulatedProcess process, String script, byte[][] keys, byte[][] arguments) {
    switch (script) {
      case "list", "find", "read", "touch", "expire" -> {
        return model.run(script, keys, arguments);
      }
      case "renew" -> {
        return renew(process, keys, arguments);
      }
      default -> {}
    }
    var id = StreamId.parse(text(arguments[1]));
    var before = state(id);
    var answer = model.run(script, keys, arguments);
    var after = state(id);
    history(id).removed |= script.equals("delete");
    if (after != null && !after.equals(before)) {
      switch (script) {
        case "create" -> created(process, id, after, arguments);
        case "append", "end" -> appended(process, id, before, after, arguments);
        case "fence" -> fenced(process, id, before, after, arguments);
        case "release" -> leases.put(id.toString(), 0L);
        default -> {}
      }
    }
    replicate();
    return answer;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static long number(byte[] bytes) {
    return Long.parseLong(text(bytes));
  }

  private void created(
      SimulatedProcess process, StreamId id, ScriptModel.State after, byte[][] arguments) {
    var history = history(id);
    history.created = true;
    world.that(
        losses > 0 || !history.removed,
        "GIVEN-UP",
        "%s creates %s, which was removed",
        process.name(),
        id);
    history.writers.put(1, process.name());
    leases.put(id.toString(), millis() + number(arguments[11]));
    Node last = null;
    if (number(arguments[12]) > 0) {
      String batch = after.sequence() + "-" + after.epoch();
      for (StoredEntry stored : SimulatedRedis.decode(batch, arguments[14])) {
        last = entry(history, last, stored);
      }
    }
    world.tell("store: %s creates %s with %d", process.name(), id, after.sequence());
  }

  private void fenced(
      SimulatedProcess process,
      StreamId id,
      ScriptModel.@Nullable State before,
      ScriptModel.State after,
      byte[][] arguments) {
    var history = history(id);
    int epoch = (int) after.epoch();
    boolean orphan = text(arguments[4]).equals("1");
    world.tell(
        "store: %s fences %s under %s, %s", process.name(), id, epoch, orphan ? "orphan" : "stop");
    if (before == null || before.epoch() == after.epoch()) {
      return;
    }
    long lease = leases.getOrDefault(id.toString(), 0L);
    world.that(
        !orphan || before.end() != null || lease <= millis(),
        "LEASE",
        "%s took %s over, whose lease has %d ms left",
        process.name(),
        id,
        lease - millis());
    world.that(after.epoch() > before.epoch(), "ONE-WRITER", "%s: epoch %d is not new", id, epoch);
    var other = history.writers.putIfAbsent(epoch, process.name());
    world.that(
        other == null || other.equals(process.name()),
        "ONE-WRITER",
        "%s: %s and %s have epoch %d",
        id,
        other,
        process.name(),
        epoch);
    history.fencers.put(epoch, process.name());
    leases.put(id.toString(), millis() + number(arguments[5]));
  }

  private void appended(
      SimulatedProcess process,
      StreamId id,
      ScriptModel.@Nullable State before,
      ScriptModel.State after,
      byte[][] arguments) {
    var history = history(id);
    if (before == null) {
      throw new AssertionError("an append does not create");
    }
    long epoch = number(arguments[3]);
    world.that(
        epoch == before.epoch(),
        "ONE-WRITER",
        "%s: %s wrote under %d, the stream has %d",
        id,
        process.name(),
        epoch,
        before.epoch());
    world.that(
        process.name().equals(history.writers.get((int) epoch)),
        "ONE-WRITER",
        "%s: %s wrote under %d, which is of %s",
        id,
        process.name(),
        epoch,
        history.writers.get((int) epoch));
    world.that(before.end() == null, "ONE-END", "%s: %s wrote after the end", id, process.name());
    var last =
        before.sequence() == 0
            ? null
            : history.node(new JournalOffset((int) before.tailEpoch(), before.sequence()));
    int count = 0;
    if (number(arguments[5]) > 0) {
      String batch = after.sequence() + "-" + epoch;
      for (StoredEntry stored : SimulatedRedis.decode(batch, arguments[7])) {
        last = entry(history, last, stored);
        count++;
      }
    }
    world.tell(
        "store: %s appends %d to %s at %d under %d%s",
        process.name(),
        count,
        id,
        after.sequence(),
        epoch,
        after.end() == null ? "" : ", " + after.end() + " " + text(arguments[13]));
    if (after.end() != null && before.end() == null) {
      ended(history, JournalEnd.Kind.valueOf(after.end()), last);
    }
  }

  @SuppressWarnings("ReferenceEquality") // One entry is one object.
  private Node entry(StreamHistory history, @Nullable Node last, StoredEntry stored) {
    boolean body = stored.entry().type() == BODY;
    int frames = (last == null ? 0 : last.frames()) + (body ? 1 : 0);
    var offset = stored.offset();
    world.that(
        last == null || offset.epoch() >= last.offset().epoch(),
        "ONE-WRITER",
        "%s: %s after %s",
        history.plan.id(),
        offset,
        last);
    if (body) {
      String text = StandardCharsets.US_ASCII.decode(stored.entry().payload()).toString();
      world.that(
          text.startsWith("data: {\"n\":" + (frames - 1) + ","),
          "PREFIX",
          "%s: frame %d is stored at the place of %d: %s",
          history.plan.id(),
          frames,
          frames,
          text.strip());
    }
    var node = new Node(last, offset, stored.entry().payload(), frames, body);
    var there = history.node(offset);
    if (there != null) {
      world.that(
          there.before() == last && there.payload().equals(node.payload()),
          "ONE-WRITER",
          "%s: %s names two entries",
          history.plan.id(),
          offset);
      return there;
    }
    history.add(node);
    return node;
  }

  private void ended(StreamHistory history, JournalEnd.Kind kind, @Nullable Node at) {
    int frames = at == null ? 0 : at.frames();
    var plan = history.plan;
    switch (kind) {
      case COMPLETE ->
          world.that(
              frames == plan.frames(),
              "TRUTH",
              "%s: complete with %d of %d frames",
              plan.id(),
              frames,
              plan.frames());
      case CANCELLED ->
          world.that(history.stopped, "TRUTH", "%s: cancelled without a stop", plan.id());
      case TRUNCATED ->
          world.that(
              plan.cut() || !plan.continues() || plan.needsClient() || at == null,
              "TRUTH",
              "%s: truncated with %d of %d frames, its upstream continues",
              plan.id(),
              frames,
              plan.frames());
      case FAILED ->
          world.that(
              losses + outages > 0,
              "TRUTH",
              "%s: failed after %d frames, the store lost nothing",
              plan.id(),
              frames);
      case EXPIRED -> world.that(false, "TRUTH", "%s: expired", plan.id());
    }
    history.ends.add(new StreamHistory.Ended(kind, at));
  }

  private List<byte[]> renew(SimulatedProcess process, byte[][] keys, byte[][] arguments) {
    var before = new HashMap<String, Long>();
    for (int i = 3; i < arguments.length; i += 2) {
      var state = model.state(text(arguments[i]));
      before.put(text(arguments[i]), state == null ? 0 : state.lease());
    }
    var answer = model.run("renew", keys, arguments);
    for (int i = 3; i < arguments.length; i += 2) {
      String id = text(arguments[i]);
      var state = model.state(id);
      if (state == null) {
        continue;
      }
      boolean own = state.epoch() == number(arguments[i + 1]);
      world.that(
          own || state.lease() == before.getOrDefault(id, 0L),
          "LEASE",
          "%s renewed the lease of %s, which it lost",
          process.name(),
          id);
      if (own && state.end() == null && before.getOrDefault(id, 0L) > 0) {
        leases.put(id, millis() + number(arguments[2]));
      }
    }
    replicate();
    return answer;
  }
}
