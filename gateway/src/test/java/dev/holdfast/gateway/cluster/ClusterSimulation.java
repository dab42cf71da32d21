package dev.holdfast.gateway.cluster;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.StreamId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of two to five gateways on one store, in virtual time, drawn from one seed: clocks that
 * are skewed and drift, answers that are lost, processes that are paused, killed and restarted, or
 * that hand over, partitions, a store that restarts or fails over without its last writes, clients
 * that come back to any gateway or stop their stream. The decisions are those of the real journal
 * and gateway; the rules of the store are those of {@code ScriptModel}.
 *
 * <p>First faults happen, then all of them end, and all streams must come to their end.
 */
final class ClusterSimulation {
  private static final long MOST_EVENTS = 300_000;

  /** Once all faults are over, everything must end within this time. */
  private static final long BOUND = ClusterWorld.millis(30_000);

  private final ClusterWorld world;
  private final SimulatedStore store;
  private final PlantedClusterBug bug;
  private final ClusterTally tally;
  private final List<Place> places = new ArrayList<>();
  private final List<ClusterReader> readers = new ArrayList<>();
  private final int streams;
  private final double drift;
  private final boolean skewed;
  private final long activeNanos;
  private int lives;
  private boolean calm;

  /** Where one node after another runs. */
  private static final class Place {
    @Nullable ClusterNode node;
  }

  ClusterSimulation(long seed, PlantedClusterBug bug, ClusterTally tally) {
    this.bug = bug;
    this.tally = tally;
    world = new ClusterWorld(seed);
    var random = world.random;
    boolean replicated = random.nextInt(4) == 0;
    store = new SimulatedStore(world, bug.rules(), replicated);
    int nodes = 2 + (random.nextInt(3) == 0 ? random.nextInt(4) : 0);
    streams = 1 + random.nextInt(2);
    drift = random.nextInt(4) == 0 ? 0.4 : 0.05;
    skewed = random.nextBoolean();
    activeNanos = ClusterWorld.millis(2_000 + random.nextInt(4_500));
    for (int i = 0; i < nodes; i++) {
      places.add(new Place());
    }
  }

  /** Runs it to its end; throws {@link AssertionError} with what happened. */
  void run() {
    try {
      places.forEach(this::launch);
      for (int i = 0; i < streams; i++) {
        world.after(world.draw(20, 1_500), null, this::ask);
      }
      strike();
      visit();
      while (world.now() < activeNanos) {
        step();
      }
      settle();
      check();
    } catch (AssertionError | RuntimeException e) {
      String breach = world.breach();
      String message = breach == null ? String.valueOf(e) : breach;
      throw new AssertionError(world.trace() + message, e);
    } finally {
      tally.events += world.handled;
    }
  }

  private void step() {
    if (!world.step() || world.handled > MOST_EVENTS) {
      throw new AssertionError("PROGRESS: too many events, or none");
    }
  }

  private void launch(Place place) {
    String name = "n" + places.indexOf(place) + "." + lives++;
    double rate = 1 + (world.random.nextDouble() * 2 - 1) * drift;
    long skew = skewed ? world.random.nextInt(1_200_000) - 600_000L : 0;
    boolean early = bug == PlantedClusterBug.SHOWN_BEFORE_STORED;
    var process = new SimulatedProcess(world, store, name, rate, skew, ClusterNode.TIMEOUT, early);
    var node = new ClusterNode(world, store, process, bug, tally);
    place.node = node;
    world.tell("%s starts, its clock at %.3f and %d ms ahead", name, rate, skew);
    world.after(0, process, node::start);
  }

  // ---------------------------------------------------------------- clients

  private @Nullable ClusterNode any() {
    var up = new ArrayList<ClusterNode>();
    for (Place place : places) {
      var node = place.node;
      if (node != null && node.isUp()) {
        up.add(node);
      }
    }
    return up.isEmpty() ? null : up.get(world.random.nextInt(up.size()));
  }

  private void ask() {
    var node = any();
    if (node == null) {
      if (!calm) {
        world.after(world.draw(50, 500), null, this::ask);
      }
      return;
    }
    var random = world.random;
    var plan =
        new StreamHistory.Plan(
            new StreamId(random.nextLong(), random.nextLong()),
            1 + random.nextInt(14),
            random.nextInt(6) == 0,
            random.nextInt(4) > 0,
            random.nextInt(6) == 0,
            random.nextInt(5) == 0);
    var history = new StreamHistory(plan);
    store.expect(history);
    var first = client(history);
    world.after(0, node.process, () -> node.ask(history, first));
    for (int i = random.nextInt(3); i > 0; i--) {
      world.after(world.draw(10, 3_000), null, () -> client(history));
    }
  }

  private ClusterReader client(StreamHistory history) {
    var client = new ClusterReader(world, store, history, "reader " + readers.size());
    readers.add(client);
    return client;
  }

  /** From time to time clients come back, leave, or stop their stream. */
  private void visit() {
    world.after(
        world.draw(20, 400),
        null,
        () -> {
          for (ClusterReader reader : readers) {
            visit(reader);
          }
          visit();
        });
  }

  private void visit(ClusterReader reader) {
    if (reader.isDone()) {
      return;
    }
    var connection = reader.connection;
    var node = any();
    if (connection != null && world.chance(calm ? 25 : 15)) {
      connection.leave();
    } else if (connection == null
        && node != null
        && world.now() >= reader.patientUntil
        && store.history(reader.id).created) {
      reader.patientUntil = world.now() + ClusterWorld.millis(500);
      world.after(0, node.process, () -> node.read(reader));
    }
    if (!calm && world.chance(150)) {
      stop(store.history(reader.id));
    }
  }

  /** Clients stop a stream at the time when others may take it over. */
  private void stopAround() {
    if (world.chance(6)) {
      long when = world.draw(700, 2_500);
      for (StreamHistory history : store.histories()) {
        for (int i = 1 + world.random.nextInt(2); i > 0; i--) {
          world.after(when + world.draw(0, 300), null, () -> stop(history));
        }
      }
    }
  }

  private void stop(StreamHistory history) {
    var node = any();
    if (node == null || !history.created) {
      return;
    }
    tally.stops++;
    world.after(
        0,
        node.process,
        () ->
            node.stop(
                history,
                status -> {
                  world.tell("stop of %s is answered %d", history.plan.id(), status);
                  world.that(
                      status != 204 || history.hasEnded() || store.state(history.plan.id()) == null,
                      "STOP",
                      "%s: answered 204, has no end",
                      history.plan.id());
                }));
  }

  // ---------------------------------------------------------------- faults

  private void strike() {
    world.after(
        world.draw(20, 1_000),
        null,
        () -> {
          if (!calm) {
            var place = places.get(world.random.nextInt(places.size()));
            fault(place, place.node);
            strike();
          }
        });
  }

  private void fault(Place place, @Nullable ClusterNode node) {
    if (node == null || node.process.isDead()) {
      launch(place);
      return;
    }
    var process = node.process;
    stopAround();
    switch (world.random.nextInt(12)) {
      case 0, 1 -> {
        tally.kills++;
        node.kill();
        world.after(world.draw(50, 3_000), null, () -> again(place));
      }
      case 2, 3, 4 -> {
        long nanos = world.draw(20, 4_500);
        tally.pauses++;
        outage(nanos);
        world.tell("%s is paused for %d ms", process.name(), nanos / 1_000_000);
        process.pause(nanos);
      }
      case 5, 6 -> {
        long nanos = world.draw(20, 4_500);
        var how =
            world.random.nextBoolean() ? SimulatedProcess.Cut.HELD : SimulatedProcess.Cut.DROPPED;
        tally.cuts++;
        outage(nanos);
        world.tell("%s is cut off for %d ms, %s", process.name(), nanos / 1_000_000, how);
        process.cut(nanos, how);
      }
      case 7, 8 -> {
        tally.resets++;
        world.tell("%s loses its connection", process.name());
        process.reset();
      }
      case 9 -> {
        tally.handovers++;
        world.after(0, process, node::shutDown);
        world.after(world.draw(500, 3_000), null, () -> again(place));
      }
      case 10 -> {
        long nanos = world.draw(20, 2_500);
        tally.restarts++;
        outage(nanos);
        world.tell("the store is down for %d ms", nanos / 1_000_000);
        down(nanos);
      }
      default -> {
        if (store.isReplicated()) {
          long nanos = world.draw(20, 1_000);
          tally.failovers++;
          outage(nanos);
          world.tell("the store fails over in %d ms", nanos / 1_000_000);
          store.failOver();
          down(nanos);
        }
      }
    }
  }

  private void down(long nanos) {
    store.up(false);
    for (Place place : places) {
      var node = place.node;
      if (node != null && !node.process.isDead()) {
        node.process.reset();
      }
    }
    world.after(nanos, null, () -> store.up(true));
  }

  /** A stream may fail where the store does not answer for long. */
  private void outage(long nanos) {
    if (nanos > ClusterNode.PATIENCE.toNanos() / 4) {
      store.outages++;
    }
  }

  private void again(Place place) {
    var node = place.node;
    if (node == null || node.process.isDead()) {
      launch(place);
    }
  }

  // ---------------------------------------------------------------- the end

  /** Nothing breaks any more: everything comes to its end. */
  private void settle() {
    calm = true;
    world.tell("all faults end");
    store.up(true);
    for (Place place : places) {
      var node = place.node;
      if (node != null) {
        node.process.proceed();
        node.process.heal();
      }
    }
    long end = world.now() + BOUND;
    boolean settled = false;
    while (!settled && world.now() < end) {
      for (int i = 0; i < 50; i++) {
        step();
      }
      settled = isSettled();
      for (Place place : places) {
        again(place);
      }
    }
    if (!settled) {
      throw new AssertionError("PROGRESS: " + unsettled());
    }
  }

  private boolean isSettled() {
    for (StreamHistory history : store.histories()) {
      var state = store.state(history.plan.id());
      if (state != null && state.end() == null) {
        return false;
      }
    }
    for (ClusterReader reader : readers) {
      if (!reader.isDone() && store.state(reader.id) != null) {
        return false;
      }
    }
    for (Place place : places) {
      var node = place.node;
      if (node != null && node.isUp() && node.unanswered > 0) {
        return false;
      }
    }
    return true;
  }

  private String unsettled() {
    var text = new StringBuilder();
    for (StreamHistory history : store.histories()) {
      text.append(history.plan).append(' ').append(store.state(history.plan.id())).append("; ");
    }
    for (ClusterReader reader : readers) {
      if (!reader.isDone()) {
        text.append(reader).append(" of ").append(reader.id).append(" still reads; ");
      }
    }
    for (Place place : places) {
      var node = place.node;
      if (node != null && node.unanswered > 0) {
        text.append(node.unanswered).append(" stops at ").append(node.process.name());
        text.append(" are not answered; ");
      }
    }
    return text.toString();
  }

  private void check() {
    for (StreamHistory history : store.histories()) {
      var state = store.state(history.plan.id());
      if (state == null) {
        tally.lost += history.created ? 1 : 0;
        continue;
      }
      String end = String.valueOf(state.end());
      if (end.equals(JournalEnd.Kind.COMPLETE.name())) {
        tally.complete++;
      } else if (end.equals(JournalEnd.Kind.FAILED.name())) {
        tally.failed++;
      } else {
        tally.endedOtherwise++;
      }
      world.that(
          store.losses > 0 || history.ends.size() == 1,
          "ONE-END",
          "%s has %d ends",
          history.plan.id(),
          history.ends.size());
    }
    for (ClusterReader reader : readers) {
      tally.resumed += reader.resumed;
      tally.readAnew += reader.restarts;
      tally.frames += reader.frames;
    }
    String breach = world.breach();
    if (breach != null) {
      throw new AssertionError(breach);
    }
  }
}
