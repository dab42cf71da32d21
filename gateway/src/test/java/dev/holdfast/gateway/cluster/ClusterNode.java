package dev.holdfast.gateway.cluster;

import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.relay.KeepAlive;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.SharedJournal;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.journal.Caller;
import dev.holdfast.gateway.journal.SignOfLife;
import dev.holdfast.gateway.journal.StoredRequest;
import dev.holdfast.gateway.journal.StreamReader;
import dev.holdfast.gateway.journal.StreamRecording;
import dev.holdfast.gateway.journal.StreamRefusals;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.stream.JournaledStreams;
import dev.holdfast.gateway.stream.Takeovers;
import dev.holdfast.journal.redis.SimulatedRedis;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A gateway of the cluster, in one process: the real journal, store of streams, recordings, readers
 * and takeovers, over a simulated upstream and clients.
 */
final class ClusterNode implements Takeovers.Host {
  static final Duration LEASE = Duration.ofSeconds(1);
  static final Duration TIMEOUT = Duration.ofMillis(400);
  static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final Caller CALLER = Caller.ofClient(List.of("authorization: simulated"));
  private static final JournalConfig CONFIG =
      JournalConfig.at(Path.of("simulated"))
          .withTimes(Duration.ofHours(1), Duration.ofMillis(1_500));

  /** No new stream is refused as these. */
  private static final Set<JournalRefusal.Reason> NEVER =
      EnumSet.of(
          JournalRefusal.Reason.EXISTS,
          JournalRefusal.Reason.FENCED,
          JournalRefusal.Reason.ENDED,
          JournalRefusal.Reason.WRONG_SEQUENCE);

  private final ClusterWorld world;
  private final SimulatedStore shared;
  private final PlantedClusterBug bug;
  private final ClusterTally tally;
  final SimulatedProcess process;
  private final ClusterLoop loop;
  private final List<ClusterProducer> producers = new ArrayList<>();
  private final Set<ClusterConnection> connections = new LinkedHashSet<>();
  private @Nullable SharedJournal journal;
  private @Nullable StreamStore store;
  private @Nullable Takeovers takeovers;
  private boolean closing;

  /** Stops that were asked for here, and are not answered yet. */
  int unanswered;

  ClusterNode(
      ClusterWorld world,
      SimulatedStore shared,
      SimulatedProcess process,
      PlantedClusterBug bug,
      ClusterTally tally) {
    this.world = world;
    this.shared = shared;
    this.process = process;
    this.bug = bug;
    this.tally = tally;
    loop = new ClusterLoop(world, process);
  }

  /** {@return whether it takes requests} */
  boolean isUp() {
    return takeovers != null && !closing && !process.isDead();
  }

  /** Begins; dies where the store does not answer. */
  void start() {
    try {
      var opened =
          new PlantedJournal(
              SimulatedRedis.open(
                  process, process::millis, LEASE, TIMEOUT, PATIENCE, process.name()),
              bug);
      RandomGenerator random =
          bug == PlantedClusterBug.EPOCH_USED_AGAIN
              ? () -> 0
              : new SplittableRandom(world.random.nextLong());
      var made = new StreamStore(opened, CONFIG, process::nanoTime, random, Runnable::run);
      var takes = new Takeovers(made, this);
      journal = opened;
      store = made;
      takeovers = takes;
      takes.start();
      look(takes);
      world.tell("%s is up", process.name());
    } catch (IOException | RuntimeException e) {
      if (!process.isDead()) {
        world.tell("%s cannot start: %s", process.name(), e.getMessage());
        process.die();
      }
    }
  }

  private void look(Takeovers takes) {
    process.later(
        Duration.ofMillis(250 + world.random.nextInt(500)),
        () ->
            process.work(() -> {
              takes.look();
              look(takes);
            }));
  }

  // ---------------------------------------------------------------- what takeovers need

  @Override
  public void execute(Runnable action) {
    process.work(action);
  }

  @Override
  public void later(Duration delay, Runnable action) {
    process.later(delay, () -> process.work(action));
  }

  @Override
  public Takeovers.@Nullable Heir prepare(
      StreamId id, StreamStore.Stored stored, JournaledStreams.@Nullable Wanted wanted)
      throws Takeovers.NotContinuedException {
    var plan = shared.history(id).plan;
    if (plan.needsClient() && wanted == null) {
      return null;
    }
    boolean begun = stored.head() != null || !stored.body().isEmpty();
    if (begun && !plan.continues() && id.low() % 2 == 0) {
      throw new Takeovers.NotContinuedException(new IllegalStateException("simulated"));
    }
    return new Heir(plan, stored);
  }

  private final class Heir implements Takeovers.Heir {
    private final StreamHistory.Plan plan;
    private final StreamStore.Stored stored;

    Heir(StreamHistory.Plan plan, StreamStore.Stored stored) {
      this.plan = plan;
      this.stored = stored;
    }

    @Override
    public void drop() {}

    @Override
    public void resume(int epoch, Runnable done) {
      loop.execute(() -> {
        try {
          var streams = store;
          if (epoch > 0 && !closing && streams != null) {
            resume(streams, epoch);
          }
        } finally {
          done.run();
        }
      });
    }

    private void resume(StreamStore streams, int epoch) {
      tally.takeovers++;
      var id = plan.id();
      world.tell(
          "%s continues %s under %d after %s, %d frames",
          process.name(), id, epoch, stored.tail(), stored.body().size());
      world.that(
          process.name().equals(shared.history(id).fencers.get(epoch)),
          "ONE-WRITER",
          "%s asks an upstream to continue %s under %d, which is not stored",
          process.name(),
          id,
          epoch);
      var recording =
          new StreamRecording(
              streams,
              id,
              Dialects.OPENAI_CHAT,
              loop.loop(),
              epoch,
              stored.tail(),
              process.nanoTime());
      var producer = new ClusterProducer(world, plan, recording, epoch, stored.body().size(), bug);
      recording.by(producer);
      boolean begun = stored.head() != null || !stored.body().isEmpty();
      if (begun) {
        producer.resumed();
      }
      if (begun && !plan.continues() && stored.body().size() < plan.sent()) {
        producer.truncate();
        return;
      }
      write(producer);
    }
  }

  private void write(ClusterProducer producer) {
    producers.add(producer);
    process.later(
        Duration.ofNanos(producer.pause()),
        () ->
            loop.execute(() -> {
              producer.step();
              if (!producer.isDone() && !process.isDead()) {
                producers.remove(producer);
                write(producer);
              }
            }));
  }

  // ---------------------------------------------------------------- clients

  /** A client asks for a new stream. */
  void ask(StreamHistory history, ClusterReader client) {
    var streams = store;
    if (streams == null) {
      return;
    }
    var id = history.plan.id();
    world.tell("%s asks %s for %s", client, process.name(), history.plan);
    var connection = connect(client, true);
    loop.execute(() -> {
      var recording =
          new StreamRecording(streams, id, Dialects.OPENAI_CHAT, loop.loop(), process.nanoTime());
      String identity = "%064x".formatted(id.low());
      if (!recording.claims(identity, null)) {
        throw new AssertionError("an identity of its own must be free");
      }
      var reader =
          new StreamReader(streams, id, JournalOffset.START, connection, manner(true), null);
      connection.servedBy(reader);
      recording.whenCreated(refusal -> {
        if (refusal != null) {
          kept(id, refusal.reason());
          connection.cut(); // It would run without the journal.
          var unused = reader.release();
          return;
        }
        reader.begin();
        var producer = new ClusterProducer(world, history.plan, recording, 1, 0, bug);
        recording.by(producer);
        write(producer);
      });
      recording.create(CALLER, request(), identity, false, null);
    });
  }

  /** A stream that nothing removed is kept, where the store is there and loses nothing. */
  private void kept(StreamId id, JournalRefusal.Reason reason) {
    world.that(
        shared.losses > 0 || shared.history(id).removed || !NEVER.contains(reason),
        "KEPT",
        "%s does not keep %s, whose creation was refused as %s",
        process.name(),
        id,
        reason);
  }

  private static StoredRequest request() {
    return new StoredRequest(
        "/v1/x",
        ClientProtocol.OPENAI,
        new DefaultHttpHeaders(),
        "{}".getBytes(StandardCharsets.US_ASCII));
  }

  private static StreamReader.Manner manner(boolean answers) {
    return new StreamReader.Manner(
        Dialects.OPENAI_CHAT,
        true,
        false,
        answers,
        !answers,
        Duration.ofSeconds(15),
        new SignOfLife(KeepAlive.AUTO));
  }

  private ClusterConnection connect(ClusterReader client, boolean answers) {
    var connection = new ClusterConnection(world, process, loop, client, answers);
    connections.add(connection);
    return connection;
  }

  /** A client reads a stream, as the endpoint of streams serves it. */
  void read(ClusterReader client) {
    var streams = store;
    var takes = takeovers;
    if (streams == null || takes == null || client.isDone()) {
      return;
    }
    String after = client.lastId();
    world.tell("%s reads %s at %s after %s", client, client.id, process.name(), after);
    var connection = connect(client, false);
    var offset = after.isEmpty() ? JournalOffset.START : JournalOffset.parse(after, client.id);
    lookUp(
        streams,
        client.id,
        offset,
        new Served(connection) {
          @Override
          void found(StreamStore.Found found) {
            if (offset.sequence() > found.stream().tail().sequence()) {
              wrongOffset();
              return;
            }
            var reader =
                new StreamReader(streams, client.id, offset, connection, manner(false), null);
            connection.servedBy(reader);
            reader.begin();
            if (found.stream().end().isEmpty()) {
              takes.wanted(new JournaledStreams.Wanted(client.id, reader, connection, arrival()));
            }
          }
        });
  }

  private static JournaledStreams.Arrival arrival() {
    return new JournaledStreams.Arrival(
        CALLER,
        request(),
        new JournaledStreams.Credentialed(new DefaultHttpHeaders(), ""),
        true,
        null);
  }

  private void lookUp(StreamStore streams, StreamId id, JournalOffset place, Served served) {
    streams.lookUp(
        id.toString(),
        CALLER,
        loop.loop(),
        new StreamStore.Lookup() {
          @Override
          public Optional<JournalOffset> place(StreamStore.Found found) {
            return place.sequence() > found.stream().tail().sequence()
                ? Optional.empty()
                : Optional.of(place);
          }

          @Override
          public void found(Optional<StreamStore.Found> found) {
            if (closing) {
              served.unreachable();
            } else if (found.isEmpty()) {
              served.unknown();
            } else {
              served.found(found.get());
            }
          }

          @Override
          public void wrongOffset() {
            served.wrongOffset();
          }

          @Override
          public void unreachable() {
            served.unreachable();
          }
        });
  }

  /** What is answered to a client. */
  private abstract static class Served {
    private final ClusterConnection connection;

    Served(ClusterConnection connection) {
      this.connection = connection;
    }

    abstract void found(StreamStore.Found found);

    final void unknown() {
      connection.refuse(StreamRefusals.unknown());
    }

    final void wrongOffset() {
      connection.refuse(StreamRefusals.wrongOffset());
    }

    final void unreachable() {
      connection.refuse(StreamRefusals.unreadable());
    }
  }

  /**
   * A client asks for the end of a stream.
   *
   * @param answer receives the status
   */
  void stop(StreamHistory history, Consumer<Integer> answer) {
    var streams = store;
    var takes = takeovers;
    if (streams == null || takes == null) {
      return;
    }
    var id = history.plan.id();
    history.stopped = true;
    world.tell("stop %s at %s", id, process.name());
    unanswered++;
    Consumer<Integer> once =
        status -> {
          unanswered--;
          answer.accept(status);
        };
    streams.lookUp(
        id.toString(),
        CALLER,
        loop.loop(),
        new StreamStore.Lookup() {
          @Override
          public Optional<JournalOffset> place(StreamStore.Found found) {
            return Optional.of(JournalOffset.START);
          }

          @Override
          public void found(Optional<StreamStore.Found> found) {
            if (found.isEmpty()) {
              once.accept(404);
            } else if (found.get().stream().end().isPresent()) {
              once.accept(204);
            } else {
              takes.abandon(id, stored -> loop.execute(() -> once.accept(stored ? 204 : 503)));
            }
          }

          @Override
          public void wrongOffset() {
            once.accept(400);
          }

          @Override
          public void unreachable() {
            once.accept(503);
          }
        });
  }

  // ---------------------------------------------------------------- its end

  /** The process is killed. */
  void kill() {
    world.tell("kill %s", process.name());
    process.die();
    connections.forEach(ClusterConnection::cut);
  }

  /** The process ends in order: its streams are handed over. */
  void shutDown() {
    var closes = journal;
    if (closes == null || closing) {
      return;
    }
    world.tell("%s hands over", process.name());
    closing = true;
    int troubles = process.reaches() ? process.troubles : -1;
    loop.execute(() -> {
      for (ClusterProducer producer : producers) {
        if (!producer.isDone()) {
          producer.suspend();
        }
      }
      for (ClusterConnection connection : connections) {
        var reader = connection.reader();
        if (reader != null) {
          reader.shutDown();
        }
      }
      process.later(Duration.ZERO, () -> close(closes, troubles));
    });
  }

  private void close(SharedJournal closes, int troubles) {
    process.stopWorking();
    closes.close();
    boolean calm =
        process.reaches() && troubles == process.troubles && shared.losses + shared.outages == 0;
    for (StreamHistory history : shared.histories()) {
      var state = shared.state(history.plan.id());
      boolean own =
          state != null && process.name().equals(history.writers.get((int) state.epoch()));
      world.that(
          state == null || !own || !calm || state.end() != null || state.lease() == 0,
          "HAND-OVER",
          "%s ended in order and keeps its lease of %s",
          process.name(),
          history.plan.id());
    }
    world.tell("%s has ended", process.name());
    process.die();
    connections.forEach(ClusterConnection::cut);
  }
}
