package dev.holdfast.journal.redis;

import dev.holdfast.journal.redis.RedisJournalOptions.ServerClock;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandEncoder;
import io.lettuce.core.pubsub.PubSubCommandHandler;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one Redis, its Sentinels or its Cluster: one for commands, which are
 * pipelined, and one for messages. Thread-safe.
 */
final class RedisLink implements Link {
  /** The longest time between two attempts to connect again, however long Redis is away. */
  static final Duration LONGEST_RECONNECT = Duration.ofMillis(500);

  private static final Duration CLOSE = Duration.ofSeconds(2);

  /** A time of Redis whose answer took longer is not used. */
  private static final long MOST_SKEW_NANOS = 1_000_000_000;

  /** The last attempt of a call carries its script. */
  private static final int LAST_TRY = 2;

  private final AutoCloseable client;
  private final ClientResources resources;
  private final RedisClusterAsyncCommands<byte[], byte[]> commands;
  private final StatefulRedisPubSubConnection<byte[], byte[]> messages;
  private final List<RedisClusterAsyncCommands<byte[], byte[]>> nodes;
  private final Departures<ScriptCall> departures;

  /** Whether appends to several streams may be one script. */
  private volatile boolean joins;

  private RedisLink(
      AutoCloseable client,
      ClientResources resources,
      Loop loop,
      RedisClusterAsyncCommands<byte[], byte[]> commands,
      StatefulRedisPubSubConnection<byte[], byte[]> messages,
      List<RedisClusterAsyncCommands<byte[], byte[]>> nodes,
      boolean joins) {
    this.client = client;
    this.resources = resources;
    this.commands = commands;
    this.messages = messages;
    this.nodes = nodes;
    this.joins = joins;
    departures = new Departures<>(loop, this::send, ScriptCall::refuse);
  }

  /**
   * {@return connections that are open}
   *
   * @param listener receives the channel and the text of each message; an empty text once a channel
   *     is subscribed to, also again after a loss
   */
  static RedisLink open(RedisAddress address, Duration timeout, Listener listener) {
    var loop = new Loop();
    var resources =
        ClientResources.builder()
            .ioThreadPoolSize(2)
            .computationThreadPoolSize(2)
            .nettyCustomizer(loop)
            .commandLatencyRecorder(CommandLatencyRecorder.disabled())
            .reconnectDelay(
                Delay.exponential(Duration.ZERO, LONGEST_RECONNECT, 2, TimeUnit.MILLISECONDS))
            .build();
    // A connection is made in several exchanges: TLS, a Sentinel's answer, the password.
    address.uris().forEach(uri -> uri.setTimeout(timeout.multipliedBy(5)));
    try {
      return address.isCluster()
          ? cluster(address, timeout, listener, resources, loop)
          : single(address.uris().getFirst(), timeout, listener, resources, loop);
    } catch (RuntimeException e) {
      var unused = resources.shutdown(0, CLOSE.toMillis(), TimeUnit.MILLISECONDS);
      throw e;
    }
  }

  /**
   * The event loop of the connection for commands. What is written on it at about the same time
   * leaves in one system call.
   */
  private static final class Loop implements NettyCustomizer, Departures.Loop {
    private volatile @Nullable EventLoop newest;

    @Override
    public void afterChannelInitialized(Channel channel) {
      channel.pipeline().addFirst(new FlushConsolidationHandler(256, true));
      var encoder = channel.pipeline().context(CommandEncoder.class);
      channel.pipeline().addAfter(encoder.name(), "scripts", new ScriptArguments.Known());
      if (channel.pipeline().get(PubSubCommandHandler.class) == null) {
        newest = channel.eventLoop();
      }
    }

    @Override
    public void run(Runnable action, long delayNanos) {
      var loop = Objects.requireNonNull(newest, "no connection was made");
      if (delayNanos == 0) {
        loop.execute(action);
      } else {
        var unused = loop.schedule(action, delayNanos, TimeUnit.NANOSECONDS);
      }
    }
  }

  private static RedisLink single(
      RedisURI uri, Duration timeout, Listener listener, ClientResources resources, Loop loop) {
    var client = RedisClient.create(resources, uri);
    // The stream tries again by itself; a Cluster's connections are made with their first command.
    var options =
        ClientOptions.builder()
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS);
    client.setOptions(options(options, timeout).build());
    try {
      var connection = client.connect(ByteArrayCodec.INSTANCE);
      var messages = client.connectPubSub(ByteArrayCodec.INSTANCE);
      messages.addListener(listener);
      RedisClusterAsyncCommands<byte[], byte[]> commands = connection.async();
      return new RedisLink(client, resources, loop, commands, messages, List.of(commands), true);
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  private static RedisLink cluster(
      RedisAddress address,
      Duration timeout,
      Listener listener,
      ClientResources resources,
      Loop loop) {
    var client = RedisClusterClient.create(resources, address.uris());
    var refresh =
        ClusterTopologyRefreshOptions.builder()
            .enablePeriodicRefresh(Duration.ofSeconds(30))
            .build();
    var options = ClusterClientOptions.builder().topologyRefreshOptions(refresh);
    options(options, timeout);
    client.setOptions(options.build());
    try {
      StatefulRedisClusterConnection<byte[], byte[]> connection =
          client.connect(ByteArrayCodec.INSTANCE);
      var messages = client.connectPubSub(ByteArrayCodec.INSTANCE);
      messages.addListener(listener);
      List<RedisClusterAsyncCommands<byte[], byte[]>> nodes =
          connection.getPartitions().stream()
              .filter(node -> node.is(RedisClusterNode.NodeFlag.UPSTREAM))
              .<RedisClusterAsyncCommands<byte[], byte[]>>map(
                  node -> connection.getConnection(node.getNodeId()).async())
              .toList();
      return new RedisLink(client, resources, loop, connection.async(), messages, nodes, false);
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  private static <B extends ClientOptions.Builder> B options(B options, Duration timeout) {
    options
        .autoReconnect(true)
        .timeoutOptions(TimeoutOptions.enabled(timeout))
        .socketOptions(SocketOptions.builder().connectTimeout(timeout).keepAlive(true).build());
    return options;
  }

  /** Receives messages. */
  static final class Listener extends RedisPubSubAdapter<byte[], byte[]> {
    private final BiConsumer<String, String> messages;

    Listener(BiConsumer<String, String> messages) {
      this.messages = messages;
    }

    @Override
    public void smessage(byte[] channel, byte[] message) {
      messages.accept(text(channel), text(message));
    }

    @Override
    public void ssubscribed(byte[] channel, long count) {
      messages.accept(text(channel), "");
    }

    private static String text(byte[] bytes) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  @Override
  public CompletionStage<Reply> run(Script script, byte[][] keys, byte[]... arguments) {
    var answer = new CompletableFuture<Reply>();
    Done done =
        (reply, thrown) -> {
          if (reply != null) {
            answer.complete(reply);
          } else {
            answer.completeExceptionally(Objects.requireNonNull(thrown));
          }
        };
    run(script, done, keys, arguments);
    return answer;
  }

  @Override
  public void run(Script script, Done done, byte[][] keys, byte[]... arguments) {
    departures.add(new ScriptCall(script, keys, arguments, done));
  }

  /** On an event loop of the connections: what leaves at the same time, in its order. */
  private void send(List<ScriptCall> calls) {
    int at = 0;
    while (at < calls.size()) {
      int next = joins ? afterAppends(calls, at) : at;
      if (next - at > 1) {
        sendTogether(List.copyOf(calls.subList(at, next)));
        at = next;
      } else {
        send(calls.get(at));
        at++;
      }
    }
  }

  /** {@return the place after the appends that are one script, from a place on} */
  private static int afterAppends(List<ScriptCall> calls, int from) {
    int at = from;
    int bytes = 0;
    while (at < calls.size() && at - from < ScriptCall.MOST_TOGETHER && calls.get(at).isAppend()) {
      bytes += calls.get(at).size();
      if (bytes > ScriptCall.MOST_BYTES) {
        break;
      }
      at++;
    }
    return at;
  }

  private void sendTogether(List<ScriptCall> appends) {
    var call = ScriptCall.together(appends);
    send(
        call,
        (values, thrown) -> {
          if (thrown != null && isCrossSlot(thrown)) {
            joins = false; // One node of a Cluster, or a proxy.
            appends.forEach(this::send);
          } else {
            call.complete(values, thrown);
          }
        });
  }

  private static boolean isCrossSlot(Throwable thrown) {
    return String.valueOf(cause(thrown).getMessage()).startsWith("CROSSSLOT");
  }

  private void send(ScriptCall call) {
    send(call, call::complete);
  }

  private void send(ScriptCall call, BiConsumer<@Nullable List<Object>, @Nullable Throwable> done) {
    evaluate(call, 0, done);
  }

  /**
   * Runs a script, and again where the server has forgotten it, as by {@code SCRIPT FLUSH}. The
   * first of such calls carries the script, the others follow on the same connection.
   */
  private void evaluate(
      ScriptCall call, int tries, BiConsumer<@Nullable List<Object>, @Nullable Throwable> done) {
    var arguments = new ScriptArguments(call, tries == LAST_TRY);
    try {
      var unused =
          commands
              .dispatch(arguments, new NestedMultiOutput<>(ByteArrayCodec.INSTANCE), arguments)
              .whenComplete((values, thrown) -> {
                boolean forgotten =
                    thrown != null && cause(thrown) instanceof RedisNoScriptException;
                if (forgotten || (thrown != null && arguments.isWhole())) {
                  arguments.failed();
                }
                if (forgotten && tries < LAST_TRY) {
                  evaluate(call, tries + 1, done);
                } else {
                  done.accept(values, thrown);
                }
              });
    } catch (RuntimeException e) {
      done.accept(null, e);
    }
  }

  /**
   * Tries what the journal does. So a user without the rights for it is refused at the start,
   * before a stream is lost.
   *
   * @throws IllegalArgumentException "Redis: rule, was value" where something is refused
   */
  void check(Keys keys, Duration timeout) {
    byte[] channel = Keys.bytes(keys.checkChannel());
    var refused = new ArrayList<String>();
    var reply = await(run(Script.CHECK, keys.check(), channel, Keys.bytes("check")), timeout);
    for (int i = 0; i < reply.size(); i++) {
      refused.add(reply.text(i));
    }
    try {
      await(messages.async().ssubscribe(channel), timeout);
      await(messages.async().sunsubscribe(channel), timeout);
    } catch (CompletionException e) {
      if (!(cause(e) instanceof RedisCommandExecutionException)) {
        throw e;
      }
      refused.add("SSUBSCRIBE");
    }
    if (!refused.isEmpty()) {
      throw new IllegalArgumentException(
          "Redis: must permit all commands of the journal on the keys and channels of its prefix,"
              + " refused "
              + String.join(", ", refused));
    }
  }

  @Override
  public CompletionStage<?> read(ServerClock clock) {
    long began = System.nanoTime();
    return commands
        .time()
        .thenAccept(time -> {
          long took = System.nanoTime() - began;
          if (took < MOST_SKEW_NANOS) {
            long micros = Long.parseLong(Listener.text(time.get(1)));
            long millis = Long.parseLong(Listener.text(time.get(0))) * 1_000 + micros / 1_000;
            clock.set(millis, began + took / 2);
          }
        });
  }

  /** {@return "Redis: rule, was value" for what made a start fail} */
  static String complaint(Throwable thrown) {
    var cause = cause(thrown);
    while (cause.getCause() != null && !(cause instanceof RedisCommandExecutionException)) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    String what = message == null ? cause.getClass().getSimpleName() : message;
    if (what.startsWith("Redis: ")) {
      return what;
    }
    if (!(cause instanceof RedisCommandExecutionException)) {
      return "Redis: must be reachable, was not: " + what;
    }
    String rule =
        switch (what.split(" ", 2)[0]) {
          case "NOAUTH", "WRONGPASS" -> "must accept the user and password of the address, did not";
          case "NOPERM" -> "must permit all commands of the journal, refused one";
          case "READONLY" -> "must take writes, was a replica";
          case "MISCONF", "NOREPLICAS", "OOM" -> "must take writes, did not";
          case "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN" -> "must be ready, was not";
          default -> "must fit the address and be version 7 or Valkey, answered";
        };
    return "Redis: %s: %s".formatted(rule, what);
  }

  @Override
  public void subscribe(String channel) {
    var unused = messages.async().ssubscribe(Keys.bytes(channel));
  }

  @Override
  public void unsubscribe(String channel) {
    var unused = messages.async().sunsubscribe(Keys.bytes(channel));
  }

  @Override
  public RedisDurability durability(Duration timeout) {
    var weakest = RedisDurability.SYNCED;
    for (var node : nodes) {
      weakest = weakest.weaker(durability(node, timeout));
    }
    return weakest;
  }

  private static RedisDurability durability(
      RedisClusterAsyncCommands<byte[], byte[]> node, Duration timeout) {
    String info;
    try {
      info = await(node.info("persistence"), timeout) + "\n" + await(node.info("memory"), timeout);
    } catch (RuntimeException e) {
      return RedisDurability.UNKNOWN;
    }
    try {
      var found = await(node.configGet("appendfsync"), timeout);
      return RedisDurability.of(info, found.getOrDefault("appendfsync", ""));
    } catch (RuntimeException e) {
      return RedisDurability.of(info, ""); // A managed Redis does not show it.
    }
  }

  @Override
  public <T> T join(CompletionStage<T> answer, Duration timeout) {
    return await(answer, timeout);
  }

  private static <T> T await(CompletionStage<T> answer, Duration timeout) {
    if (Thread.currentThread().getName().startsWith("lettuce-")) {
      throw new IllegalStateException("journal: must not be waited for in a receipt, was");
    }
    try {
      return answer.toCompletableFuture().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new CompletionException(e);
    }
  }

  /** {@return what failed} */
  static Throwable cause(Throwable thrown) {
    var cause = thrown;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (Exception e) {
      // The connections end with their threads.
    }
    var unused = resources.shutdown(0, CLOSE.toMillis(), TimeUnit.MILLISECONDS);
    departures.close();
  }
}
