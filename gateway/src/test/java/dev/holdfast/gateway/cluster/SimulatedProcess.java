package dev.holdfast.gateway.cluster;

import dev.holdfast.journal.redis.SimulatedRedis;
import io.lettuce.core.RedisCommandExecutionException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One process of a node, from its start to its death: its clock, its one connection to the store,
 * and the thread that may wait. What is sent at one moment travels together. A connection keeps the
 * order of what is sent; what an older connection still carries may arrive later.
 */
final class SimulatedProcess implements SimulatedRedis.Machine {
  /** How the network of this process loses what it carries while it is cut off. */
  enum Cut {
    HELD,
    DROPPED
  }

  private final ClusterWorld world;
  private final SimulatedStore store;
  private final String name;
  private final double rate;
  private final long offsetNanos;
  private final long skewMillis;
  private final Duration timeout;
  private final boolean storedEarly;
  private final Set<String> channels = new HashSet<>();
  private final List<Request> outbox = new ArrayList<>();
  private final ArrayDeque<Packet> underWay = new ArrayDeque<>();
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private BiConsumer<String, String> listener = (channel, text) -> {};
  private boolean dead;
  private long pausedUntil;
  private boolean connected = true;
  private int connection;
  private long cutUntil;
  private Cut cut = Cut.HELD;
  private long lastArrival;
  private long lastReply;
  private boolean receiving;
  private boolean working;
  private boolean ended;

  /** How often something went wrong with its connection, or with its time. */
  int troubles;

  private static final class Request {
    final String script;
    final byte[][] keys;
    final byte[][] arguments;
    final CompletableFuture<List<byte[]>> answer = new CompletableFuture<>();
    @Nullable List<byte[]> reply;

    Request(String script, byte[][] keys, byte[][] arguments) {
      this.script = script;
      this.keys = keys;
      this.arguments = arguments;
    }
  }

  private static final class Packet {
    final List<Request> requests;
    boolean arrived;
    boolean answered;

    Packet(List<Request> requests) {
      this.requests = requests;
    }
  }

  /**
   * A process that runs.
   *
   * @param rate of its clock against the world's
   * @param skewMillis of its time of day
   * @param storedEarly whether it takes an append for stored once it is sent: a planted bug
   */
  SimulatedProcess(
      ClusterWorld world,
      SimulatedStore store,
      String name,
      double rate,
      long skewMillis,
      Duration timeout,
      boolean storedEarly) {
    this.world = world;
    this.store = store;
    this.name = name;
    this.rate = rate;
    this.skewMillis = skewMillis;
    this.timeout = timeout;
    this.storedEarly = storedEarly;
    offsetNanos = world.random.nextInt();
  }

  String name() {
    return name;
  }

  // ---------------------------------------------------------------- its life

  boolean isDead() {
    return dead;
  }

  void die() {
    dead = true;
  }

  long pausedUntil() {
    return pausedUntil;
  }

  boolean isPaused() {
    return pausedUntil > world.now();
  }

  void pause(long nanos) {
    troubles++;
    pausedUntil = Math.max(pausedUntil, world.now() + nanos);
  }

  void proceed() {
    pausedUntil = 0;
  }

  @Override
  public long nanoTime() {
    return offsetNanos + (long) (world.now() * rate);
  }

  /** {@return its time of day} */
  long millis() {
    return 1_700_000_000_000L + skewMillis + (long) (world.now() * rate) / 1_000_000;
  }

  @Override
  public void later(Duration delay, Runnable action) {
    world.after((long) (delay.toNanos() / rate), this, action);
  }

  /** The thread that may wait for the store runs an action. */
  void work(Runnable action) {
    if (!ended) {
      tasks.add(action);
      world.after(0, this, this::runTasks);
    }
  }

  /** The thread takes nothing more. */
  void stopWorking() {
    ended = true;
    tasks.clear();
  }

  private void runTasks() {
    if (working) {
      return;
    }
    working = true;
    try {
      for (var task = tasks.poll(); task != null; task = tasks.poll()) {
        task.run();
      }
    } finally {
      working = false;
    }
  }

  // ---------------------------------------------------------------- its network

  boolean isCut() {
    return cutUntil > world.now();
  }

  /** {@return whether it reaches the store now} */
  boolean reaches() {
    return connected && !isCut() && store.isUp() && !store.isLoading();
  }

  /** It does not reach the store for a time. */
  void cut(long nanos, Cut how) {
    troubles++;
    cutUntil = world.now() + nanos;
    cut = how;
  }

  void heal() {
    cutUntil = 0;
  }

  private long latency() {
    return world.chance(12) ? world.draw(1, 250) : world.draw(0, 3);
  }

  /** The connection breaks: answers are lost, and what was sent may arrive, or be sent again. */
  void reset() {
    troubles++;
    connected = false;
    connection++;
    var open = new ArrayList<>(underWay);
    underWay.clear();
    boolean again = world.random.nextBoolean();
    world.after(
        world.draw(1, 300),
        this,
        () -> {
          connected = true;
          lastArrival = 0;
          lastReply = 0;
          channels.forEach(this::resubscribe);
          if (again) {
            for (Packet packet : open) {
              send(
                  new Packet(
                      packet.requests.stream().filter(one -> !one.answer.isDone()).toList()));
            }
          }
        });
  }

  @Override
  public CompletionStage<List<byte[]>> run(String script, byte[][] keys, byte[][] arguments) {
    if (dead) {
      return new CompletableFuture<>();
    }
    if (!connected) {
      return CompletableFuture.failedFuture(new IOException("not connected"));
    }
    var request = new Request(script, keys, arguments);
    if (outbox.isEmpty()) {
      world.after(0, this, this::depart);
    }
    outbox.add(request);
    if (storedEarly && script.equals("append")) {
      return CompletableFuture.completedFuture(fabricated(request));
    }
    return request.answer;
  }

  private List<byte[]> fabricated(Request append) {
    String sequence = new String(append.arguments[4], StandardCharsets.US_ASCII);
    String count = new String(append.arguments[5], StandardCharsets.US_ASCII);
    long tail = Long.parseLong(sequence) + Long.parseLong(count);
    return List.of(
        bytes("STORED"),
        append.arguments[3],
        bytes(Long.toString(tail)),
        bytes("0"),
        bytes("0"),
        bytes("0"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private void depart() {
    if (!outbox.isEmpty()) {
      var packet = new Packet(List.copyOf(outbox));
      outbox.clear();
      later(timeout, () -> expire(packet));
      send(packet);
    }
  }

  private void expire(Packet packet) {
    if (packet.answered) {
      return;
    }
    receive(() -> {
      for (Request request : packet.requests) {
        request.answer.completeExceptionally(new IOException("timed out"));
      }
    });
  }

  private void send(Packet packet) {
    underWay.add(packet);
    long arrival = Math.max(lastArrival, world.now() + latency());
    lastArrival = arrival;
    int sentOn = connection;
    world.after(arrival - world.now(), null, () -> arrive(packet, sentOn));
  }

  private void arrive(Packet packet, int sentOn) {
    if (packet.arrived && sentOn != connection) {
      return;
    }
    if (isCut()) {
      if (cut == Cut.HELD) {
        world.after(cutUntil - world.now() + 1, null, () -> arrive(packet, sentOn));
      }
      return;
    }
    if (!store.isUp()) {
      if (sentOn == connection && connected && !dead) {
        reset();
      }
      return;
    }
    if (sentOn != connection && world.random.nextBoolean()) {
      return; // It was lost with its connection.
    }
    packet.arrived = true;
    if (!store.isLoading()) {
      for (Request request : packet.requests) {
        request.reply = store.apply(this, request.script, request.keys, request.arguments);
      }
    }
    if (sentOn == connection && !dead) {
      long reply = Math.max(lastReply, world.now() + latency());
      lastReply = reply;
      world.after(reply - world.now(), this, () -> answered(packet, sentOn));
    }
  }

  private void answered(Packet packet, int sentOn) {
    if (sentOn != connection || packet.answered) {
      return;
    }
    if (isCut()) {
      if (cut == Cut.HELD) {
        world.after(cutUntil - world.now() + 1, this, () -> answered(packet, sentOn));
      }
      return;
    }
    underWay.remove(packet);
    packet.answered = true;
    receive(() -> {
      for (Request request : packet.requests) {
        complete(request);
      }
    });
  }

  private static void complete(Request request) {
    var reply = request.reply;
    if (reply != null) {
      request.answer.complete(reply);
    } else {
      request.answer.completeExceptionally(new RedisCommandExecutionException("LOADING"));
    }
  }

  /** On the thread of the connection, which must not wait. */
  private void receive(Runnable action) {
    boolean before = receiving;
    receiving = true;
    try {
      action.run();
    } finally {
      receiving = before;
    }
  }

  // ---------------------------------------------------------------- messages

  @Override
  public void listen(BiConsumer<String, String> listener) {
    this.listener = listener;
  }

  @Override
  public void subscribe(String channel) {
    channels.add(channel);
    if (connected) {
      resubscribe(channel);
    }
  }

  private void resubscribe(String channel) {
    world.after(
        latency(),
        this,
        () -> {
          if (channels.contains(channel) && store.isUp() && !isCut()) {
            store.subscribe(channel, this);
            receive(() -> listener.accept(channel, ""));
          }
        });
  }

  @Override
  public void unsubscribe(String channel) {
    channels.remove(channel);
    store.unsubscribe(channel, this);
  }

  /** A message leaves the store for this process. */
  void message(String channel, String text) {
    if (dead || !connected || isCut() || world.chance(20)) {
      return; // Lost.
    }
    world.after(latency(), this, () -> receive(() -> listener.accept(channel, text)));
  }

  // ---------------------------------------------------------------- waiting

  private void await(BooleanSupplier done, Duration most) {
    var over = new boolean[1];
    later(most, () -> over[0] = true);
    boolean reading = receiving;
    receiving = false;
    try {
      while (!done.getAsBoolean() && !over[0]) {
        if (dead) {
          throw new ClusterWorld.ProcessDiedError();
        }
        if (!world.step()) {
          throw new AssertionError("a process waits for ever");
        }
      }
    } finally {
      receiving = reading;
    }
    if (dead) {
      throw new ClusterWorld.ProcessDiedError();
    }
  }

  @Override
  public <T> T join(CompletionStage<T> answer, Duration most) {
    var future = answer.toCompletableFuture();
    world.that(!receiving, "WAIT", "%s waits for the store in a receipt", name);
    if (dead) {
      throw new ClusterWorld.ProcessDiedError();
    }
    if (world.enter()) {
      try {
        await(future::isDone, most);
      } finally {
        world.leave();
      }
    } else {
      hurry();
    }
    if (!future.isDone()) {
      throw new CompletionException(new TimeoutException());
    }
    return future.join();
  }

  /** What is under way arrives and is answered at once: too many wait. */
  private void hurry() {
    depart();
    if (isCut() || !store.isUp() || store.isLoading() || !connected) {
      return;
    }
    for (Packet packet : List.copyOf(underWay)) {
      if (!packet.arrived) {
        packet.arrived = true;
        for (Request request : packet.requests) {
          request.reply = store.apply(this, request.script, request.keys, request.arguments);
        }
        answered(packet, connection);
      }
    }
  }

  @Override
  public void awaitZero(AtomicInteger number, Duration most) {
    world.enterAnyhow();
    try {
      await(() -> number.get() == 0, most);
    } finally {
      world.leave();
    }
  }
}
