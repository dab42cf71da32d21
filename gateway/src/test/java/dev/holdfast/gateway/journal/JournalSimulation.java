package dev.holdfast.gateway.journal;

import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.relay.KeepAlive;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.route.ClientProtocol;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One machine with a gateway whose streams are in a journal, in virtual time, drawn from one seed:
 * upstreams that write, pages that read, stall, leave and come back, processes that are killed or
 * end in order, power failures, a storage that refuses, streams that are stopped and that expire.
 * {@link SimulatedPage} checks each frame; here are the checks of whole streams.
 */
final class JournalSimulation {
  private static final List<String> DIALECTS =
      List.of(
          Dialects.OPENAI_CHAT,
          Dialects.ANTHROPIC_MESSAGES,
          Dialects.OPENAI_RESPONSES,
          Dialects.GEMINI_SSE,
          Dialects.OLLAMA_CHAT);
  private static final Duration TTL = Duration.ofMinutes(1);
  private static final int MOST_STREAMS = 3;
  private static final int MOST_PAGES = 3;

  /** What happened in all simulations, so that a load that is too tame shows. */
  static final class Tally {
    long complete;
    long endedOtherwise;
    long kills;
    long powerFailures;
    long handovers;
    long resumed;
    long restarted;
    long expired;
    long frames;
  }

  private final Random random;
  private final PlantedJournalBug bug;
  private final Tally tally;
  private final SimulatedDisk disk;
  private final JournalConfig config;
  private final int faults;
  private final boolean power;
  private final Caller caller = Caller.ofClient(List.of("authorization: simulated"));
  private final Map<StreamId, SimulatedProducer.Plan> plans = new LinkedHashMap<>();
  private final List<SimulatedPage> pages = new ArrayList<>();
  private final List<SimulatedConnection> left = new ArrayList<>();
  private final List<String> story = new ArrayList<>();
  private boolean powerFailed;
  private Life life;

  /** One process. */
  private final class Life {
    final SimulatedDisk.OfProcess journal = disk.new OfProcess(random, faults);
    final StreamStore store = new StreamStore(journal, config, () -> disk.millis() * 1_000_000);
    final List<EmbeddedChannel> loops = new ArrayList<>();

    /** Where a stream is written now. */
    final Map<StreamId, EmbeddedChannel> writers = new HashMap<>();

    final List<SimulatedProducer> producers = new ArrayList<>();
    final Map<SimulatedPage, SimulatedConnection> connections = new LinkedHashMap<>();
    final List<StreamId> orphans = new ArrayList<>(store.leftOpen());

    EmbeddedChannel loop() {
      var loop = new EmbeddedChannel();
      loop.freezeTime();
      loops.add(loop);
      return loop;
    }
  }

  JournalSimulation(long seed, PlantedJournalBug bug, Tally tally) {
    this.bug = bug;
    this.tally = tally;
    random = new Random(seed);
    for (int i = 0; i < 4; i++) {
      random.nextInt(); // Neighbouring seeds begin alike.
    }
    faults = random.nextInt(3) == 0 ? 12 : 0;
    power = random.nextInt(3) == 0;
    int batch = random.nextInt(4) == 0 ? 300 : 1 << 20;
    disk = new SimulatedDisk(new JournalLimits(4 << 10, batch, 64 << 20, 1_000, 1 << 30), bug);
    config = JournalConfig.at(Path.of("simulated")).withTimes(TTL, Duration.ZERO);
    life = new Life();
  }

  /** Runs it to its end; throws {@link AssertionError} with what happened. */
  void run() {
    try {
      int steps = 100 + random.nextInt(400);
      for (int i = 0; i < steps; i++) {
        step();
      }
      settle();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(String.join("\n", story) + "\n" + e.getMessage(), e);
    } finally {
      life.loops.forEach(EmbeddedChannel::close);
    }
  }

  private void step() {
    switch (random.nextInt(24)) {
      case 0 -> ask();
      case 1 -> join();
      case 2 -> reconnect();
      case 3 -> any(List.copyOf(life.connections.values()), this::leave);
      case 4 ->
          any(
              left,
              connection -> {
                left.remove(connection);
                connection.noticed();
              });
      case 5 -> any(List.copyOf(life.connections.values()), connection -> connection.stall(true));
      case 6 -> rarely();
      case 7 -> pass(1 + random.nextInt(2_000));
      case 8 -> adopt();
      case 9 -> disk.sync();
      default -> work();
    }
    if (random.nextInt(3) == 0) {
      work();
    }
  }

  private void work() {
    switch (random.nextInt(5)) {
      case 0 -> any(life.producers, SimulatedProducer::step);
      case 1 -> life.journal.write(1 + random.nextInt(3));
      case 2 -> life.journal.report(1 + random.nextInt(3));
      case 3 -> any(life.loops, EmbeddedChannel::runPendingTasks);
      default -> any(List.copyOf(life.connections.values()), this::bring);
    }
  }

  private void rarely() {
    switch (random.nextInt(12)) {
      case 0 -> kill();
      case 1 -> handOver();
      case 2 -> failPower();
      case 3 -> stop();
      case 4 -> pass(TTL.toMillis() / 5);
      case 5 -> {
        if (random.nextInt(4) == 0) {
          pass(TTL.toMillis() + 1);
        }
      }
      case 6 -> tally.expired += disk.files().expire();
      default -> any(life.connections.values().stream().toList(), one -> one.stall(false));
    }
  }

  private <T> void any(List<T> of, Consumer<T> action) {
    if (!of.isEmpty()) {
      action.accept(of.get(random.nextInt(of.size())));
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // Its annotation is not on the class path.
  private void tell(String format, Object... values) {
    story.add(disk.millis() % 1_000_000 + " " + format.formatted(values));
  }

  // ---------------------------------------------------------------- clients

  private void ask() {
    if (plans.size() >= MOST_STREAMS) {
      return;
    }
    String dialect = DIALECTS.get(random.nextInt(DIALECTS.size()));
    var id = new StreamId(random.nextLong(), random.nextLong());
    var plan =
        new SimulatedProducer.Plan(
            id,
            dialect,
            1 + random.nextInt(30),
            random.nextInt(8) == 0,
            random.nextInt(4) == 0,
            random.nextInt(4) == 0);
    plans.put(id, plan);
    tell("asks for %s", plan);
    var page = new SimulatedPage(disk, id, dialect);
    pages.add(page);
    var loop = life.loop();
    life.writers.put(id, loop);
    var recording =
        new StreamRecording(life.store, id, dialect, loop.eventLoop(), disk.millis() * 1_000_000);
    String identity = "%064x".formatted(plans.size());
    if (!recording.claims(identity, life.store.known(identity))) {
      throw new AssertionError("an identity of its own must be free");
    }
    var connection = connect(page);
    var reader =
        new StreamReader(life.store, id, JournalOffset.START, connection, manner(page, true), null);
    connection.servedBy(reader);
    var now = life;
    recording.whenCreated(refusal -> {
      if (refusal != null) {
        plans.remove(id);
        pages.remove(page);
        now.connections.remove(page); // It would run without the journal.
        var unused = reader.release();
        return;
      }
      reader.begin();
      var producer = new SimulatedProducer(plan, recording, 1, 0, bug, random);
      recording.by(producer);
      now.producers.add(producer);
      if (!recording.hasReaders()) {
        producer.readersGone();
      }
    });
    var body = "{}".getBytes(StandardCharsets.US_ASCII);
    recording.create(
        caller,
        new StoredRequest("/v1/x", ClientProtocol.OPENAI, new DefaultHttpHeaders(), body),
        identity,
        false,
        null);
  }

  private SimulatedProducer.Plan plan(StreamId id) {
    return Objects.requireNonNull(plans.get(id), "a stream of this simulation");
  }

  private SimulatedConnection connect(SimulatedPage page) {
    page.connects();
    var writer = life.writers.get(page.id);
    var loop = writer != null && random.nextBoolean() ? writer : life.loop();
    var connection = new SimulatedConnection(loop, page);
    life.connections.put(page, connection);
    return connection;
  }

  private static StreamReader.Manner manner(SimulatedPage page, boolean answers) {
    return new StreamReader.Manner(
        page.dialect,
        page.ids,
        false,
        answers,
        !answers,
        Duration.ofSeconds(15),
        new SignOfLife(KeepAlive.AUTO));
  }

  private void join() {
    any(
        List.copyOf(plans.keySet()),
        id -> {
          if (pages.size() < MOST_PAGES * MOST_STREAMS && disk.files().find(id).isPresent()) {
            var page = new SimulatedPage(disk, id, plan(id).dialect());
            pages.add(page);
            read(page);
          }
        });
  }

  private void reconnect() {
    any(
        pages.stream()
            .filter(page -> page.done().isEmpty() && !life.connections.containsKey(page))
            .filter(page -> disk.files().find(page.id).isPresent() || page.frames() > 0)
            .toList(),
        this::read);
  }

  /** As the endpoint of streams does it. */
  private void read(SimulatedPage page) {
    String after = page.lastId();
    if (!after.isEmpty()) {
      tally.resumed++;
    }
    tell("%s reads %s after %s", page.dialect, page.id, after);
    var connection = connect(page);
    var found = life.store.find(page.id.toString(), caller);
    if (found.isEmpty()) {
      connection.refuse(StreamRefusals.unknown());
      return;
    }
    var offset = after.isEmpty() ? JournalOffset.START : JournalOffset.parse(after, page.id);
    if (offset.sequence() > found.get().stream().tail().sequence()) {
      connection.refuse(StreamRefusals.wrongOffset());
      return;
    }
    var reader =
        new StreamReader(life.store, page.id, offset, connection, manner(page, false), null);
    connection.servedBy(reader);
    reader.begin();
  }

  private void leave(SimulatedConnection connection) {
    connection.cut();
    life.connections.remove(connection.page);
    left.add(connection);
  }

  private void bring(SimulatedConnection connection) {
    int before = connection.page.frames();
    connection.bring(random);
    tally.frames += Math.max(0, connection.page.frames() - before);
    if (connection.isOver()) {
      life.connections.remove(connection.page);
      connection.conclude(powerFailed);
      if (!connection.page.done().isEmpty()) {
        tell(
            "%s of %s is done: %s",
            connection.page.dialect, connection.page.id, connection.page.done());
      }
    }
  }

  private void stop() {
    any(
        List.copyOf(plans.keySet()),
        id -> {
          var live = life.store.live(id);
          if (live != null) {
            tell("stop %s", id);
            live.stop(() -> {});
          }
        });
  }

  // ---------------------------------------------------------------- the machine

  private void pass(long millis) {
    disk.pass(millis);
    for (EmbeddedChannel loop : List.copyOf(life.loops)) {
      loop.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
      loop.runPendingTasks();
    }
  }

  /** Takes over a stream that another process began. */
  private void adopt() {
    if (life.orphans.isEmpty() || bug == PlantedJournalBug.NEVER_CONTINUED) {
      return;
    }
    var id = life.orphans.remove(random.nextInt(life.orphans.size()));
    var now = life;
    var stored = now.store.find(id).flatMap(now.store::read).orElse(null);
    if (stored == null) {
      return; // It has expired.
    }
    if (bug == PlantedJournalBug.EPOCH_KEPT) {
      continued(now, id, stored.tail().epoch(), stored);
      return;
    }
    now.store.takeOver(
        id,
        null,
        epoch -> {
          if (epoch != 0) {
            continued(now, id, epoch, stored);
          }
        });
  }

  private void continued(Life now, StreamId id, int epoch, StreamStore.Stored stored) {
    if (stored.request() == null) {
      now.store.end(
          id,
          epoch,
          new JournalEnd(JournalEnd.Kind.TRUNCATED, "cut" + StreamRecording.UNWRITTEN),
          () -> {});
      return;
    }
    var plan = plan(id);
    tell("continues %s under %d after %d frames", id, epoch, stored.body().size());
    var loop = now.loop();
    now.writers.put(id, loop);
    var recording =
        new StreamRecording(
            now.store,
            id,
            plan.dialect(),
            loop.eventLoop(),
            epoch,
            stored.tail(),
            disk.millis() * 1_000_000);
    var producer = new SimulatedProducer(plan, recording, epoch, stored.body().size(), bug, random);
    recording.by(producer);
    if (stored.head() != null || !stored.body().isEmpty()) {
      producer.resumed();
    }
    now.producers.add(producer);
    now.connections
        .values()
        .forEach(connection -> {
          if (connection.page.id.equals(id) && connection.reader() != null) {
            connection.reader().rejoin();
          }
        });
  }

  private void kill() {
    tell("kill");
    tally.kills++;
    died();
    if (bug == PlantedJournalBug.SHOWN_BEFORE_WRITTEN) {
      disk.replay();
    }
    survive();
    life = new Life();
  }

  private void survive() {
    if (!powerFailed) {
      pages.forEach(SimulatedPage::survives);
    }
  }

  private void failPower() {
    if (power) {
      tally.powerFailures++;
      died();
      boolean lost = disk.failPower(random);
      tell("power fails, lost %s", lost);
      powerFailed |= lost;
      life = new Life();
    }
  }

  private void died() {
    life.journal.kill();
    for (SimulatedConnection connection : life.connections.values()) {
      // Some of what was sent arrives.
      for (int i = random.nextInt(4); i > 0; i--) {
        connection.bring(random);
      }
      connection.cut();
    }
    left.clear();
    life.loops.forEach(EmbeddedChannel::close);
  }

  /** The process ends in order, and the next one begins. */
  private void handOver() {
    tell("hands over");
    tally.handovers++;
    life.producers.forEach(producer -> {
      if (!producer.isDone()) {
        producer.suspend();
      }
    });
    life.connections
        .values()
        .forEach(connection -> {
          if (connection.reader() != null) {
            connection.reader().shutDown();
          }
        });
    life.journal.close();
    died();
    survive();
    life = new Life();
  }

  // ---------------------------------------------------------------- the end

  /** Nothing breaks any more: everything comes to its end. */
  private void settle() {
    tell("settles");
    List.copyOf(life.connections.values()).forEach(connection -> connection.stall(false));
    for (int round = 0; round < 3_000 && !isSettled(); round++) {
      adopt();
      life.producers.forEach(SimulatedProducer::step);
      life.journal.write(100);
      life.journal.report(100);
      List.copyOf(life.loops).forEach(EmbeddedChannel::runPendingTasks);
      List.copyOf(life.connections.values()).forEach(this::bring);
      List.copyOf(left).forEach(SimulatedConnection::noticed);
      left.clear();
      reconnect();
      pass(6);
    }
    pages.forEach(page -> {
      if (page.done().isEmpty() && disk.files().find(page.id).isPresent()) {
        throw new AssertionError(
            "page of %s, %s: does not end, with %d frames of %s"
                .formatted(
                    page.id,
                    page.dialect,
                    page.frames(),
                    disk.files().find(page.id).orElseThrow()));
      }
      tally.restarted += page.restarts;
    });
    plans.values().forEach(this::checkWhole);
  }

  private boolean isSettled() {
    return !life.journal.isBusy()
        && life.orphans.isEmpty()
        && disk.files().openStreams().isEmpty()
        && pages.stream()
            .allMatch(page -> !page.done().isEmpty() || disk.files().find(page.id).isEmpty());
  }

  private void checkWhole(SimulatedProducer.Plan plan) {
    var stream = disk.files().find(plan.id()).orElse(null);
    if (stream == null) {
      return;
    }
    var end = stream.end().orElseThrow(() -> new AssertionError(plan.id() + ": has no end"));
    int frames = 0;
    for (var at = disk.frameAfter(plan.id(), JournalOffset.START);
        at != null;
        at = disk.frameAfter(plan.id(), at.offset())) {
      frames++;
    }
    boolean complete = end.kind() == JournalEnd.Kind.COMPLETE;
    if (complete && frames != plan.frames()) {
      throw new AssertionError(
          "%s: COMPLETE with %d of %d frames".formatted(plan.id(), frames, plan.frames()));
    }
    if (complete) {
      tally.complete++;
    } else {
      tally.endedOtherwise++;
    }
  }
}
