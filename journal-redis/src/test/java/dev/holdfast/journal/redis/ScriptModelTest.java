package dev.holdfast.journal.redis;

import static dev.holdfast.journal.redis.Keys.bytes;
import static dev.holdfast.journal.redis.RedisContext.number;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.testkit.journal.ScriptModel;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The model of the scripts answers as a real server with the real scripts does, over random calls.
 * {@code -Dholdfast.seed=N} draws other calls, {@code -Dholdfast.seeds=N} sets how many.
 */
@Timeout(600)
final class ScriptModelTest {
  private static final long HOUR = 3_600_000;
  private static final long TEN_MINUTES = 600_000;
  private static final String[] KINDS = {"COMPLETE", "TRUNCATED", "FAILED", "CANCELLED"};

  @TempDir private Path directory;

  private Random random = new Random(0);
  private final List<StreamId> ids = ids();
  private final Keys keys = new Keys("model");
  private final List<String> story = new ArrayList<>();
  private final Map<StreamId, String> lastToken = new HashMap<>();
  private long millis = 1_000_000_000_000L;
  private long passed;
  private int tokens;

  private final ScriptModel model =
      new ScriptModel(
          () -> 2_000_000_000_000L + passed,
          EnumSet.allOf(ScriptModel.Rule.class),
          (channel, sender) -> {});

  /** {@return four ids, three of them in one partition} */
  private static List<StreamId> ids() {
    int first = Keys.partition(new StreamId(7, 0));
    var near =
        LongStream.range(0, 100_000)
            .mapToObj(i -> new StreamId(7, i))
            .filter(id -> Keys.partition(id) == first)
            .limit(3);
    var far =
        LongStream.range(0, 100_000)
            .mapToObj(i -> new StreamId(7, i))
            .filter(id -> Keys.partition(id) != first)
            .limit(1);
    return Stream.concat(near, far).toList();
  }

  /** One call of a script. */
  private static final class Call {
    private final Script script;
    private final byte[][] keys;
    private final byte[][] arguments;

    Call(Script script, byte[][] keys, byte[][] arguments) {
      this.script = script;
      this.keys = keys;
      this.arguments = arguments;
    }

    List<String> texts(List<?> values) {
      var texts = new ArrayList<String>();
      for (Object value : values) {
        texts.add(value instanceof byte[] some ? readable(some) : String.valueOf(value));
      }
      if (script == Script.LIST || script == Script.RENEW) {
        texts.sort(Comparator.naturalOrder());
      }
      return texts;
    }

    private static String readable(byte[] some) {
      return new String(some, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
      return script + " " + texts(Arrays.asList(arguments));
    }
  }

  @Test
  void theModelAnswersAsAServerDoes() throws Exception {
    long seed = Long.getLong("holdfast.seed", 1);
    long calls =
        Long.getLong("holdfast.seeds", Boolean.getBoolean("holdfast.long") ? 60_000 : 15_000);
    random = new Random(seed);
    try (var server = Servers.start(directory);
        var client = RedisClient.create(server.address());
        var connection = client.connect();
        var link =
            RedisLink.open(
                RedisAddress.parse(server.address()),
                Duration.ofSeconds(20),
                new RedisLink.Listener((channel, sender) -> {}))) {
      for (long i = 0; i < calls; i++) {
        if (random.nextInt(12) == 0) {
          pass(connection.sync());
          continue;
        }
        if (random.nextInt(10) == 0) {
          together(link, "call %d, replay: -Dholdfast.seed=%d".formatted(i, seed));
          continue;
        }
        var call = draw();
        remember(call);
        var reply =
            link.join(link.run(call.script, call.keys, call.arguments), Duration.ofSeconds(20));
        assertThat(call.texts(run(call)))
            .as("call %d, replay: -Dholdfast.seed=%d\n%s", i, seed, String.join("\n", story))
            .isEqualTo(call.texts(reply.values()));
      }
    }
  }

  private void remember(Call call) {
    story.add(call.toString());
    if (story.size() > 40) {
      story.removeFirst();
    }
  }

  /** Appends to several streams as one script: each is answered as if it came alone. */
  private void together(RedisLink link, String replay) {
    var calls =
        ids.stream()
            .filter(id -> random.nextInt(4) > 0)
            .map(this::append)
            .filter(call -> call.script == Script.APPEND)
            .toList();
    if (calls.isEmpty()) {
      return;
    }
    story.add("together:");
    calls.forEach(this::remember);
    var answers = new ArrayList<List<String>>();
    var all =
        ScriptCall.together(
            calls.stream()
                .map(call ->
                    new ScriptCall(
                        call.script,
                        call.keys,
                        call.arguments,
                        (reply, thrown) ->
                            answers.add(
                                reply == null
                                    ? List.of(String.valueOf(thrown))
                                    : call.texts(reply.values()))))
                .toList());
    var reply =
        link.join(link.run(all.script(), all.keys(), all.arguments()), Duration.ofSeconds(20));
    all.done().accept(reply, null);
    assertThat(calls.stream().map(call -> call.texts(run(call))).toList())
        .as("%s%n%s", replay, String.join("\n", story))
        .isEqualTo(answers);
  }

  private List<byte[]> run(Call call) {
    String name =
        call.script == Script.END ? "append" : call.script.name().toLowerCase(Locale.ROOT);
    return model.run(name, call.keys, call.arguments);
  }

  /** Leases come nearer to their end: the server's clock cannot be set, so the leases are. */
  private void pass(RedisCommands<String, String> commands) {
    millis += random.nextInt((int) HOUR / 4);
    long time = random.nextInt(4) * TEN_MINUTES;
    passed += time;
    story.add("pass " + time);
    ids.stream()
        .map(Keys::partition)
        .distinct()
        .forEach(partition -> {
          String open = new String(keys.of(partition)[3], StandardCharsets.UTF_8);
          for (String id : commands.zrange(open, 0, -1)) {
            commands.zincrby(open, (double) -time, id);
          }
        });
  }

  private Call draw() {
    var id = ids.get(random.nextInt(ids.size()));
    return switch (random.nextInt(16)) {
      case 0, 1 -> create(id);
      case 2, 3, 4, 5, 6 -> append(id);
      case 7, 8 -> fence(id);
      case 9 -> ofStream(Script.TOUCH, id);
      case 10 ->
          random.nextInt(3) == 0
              ? ofStream(
                  Script.DELETE,
                  id,
                  channel(id),
                  bytes("me"),
                  random.nextBoolean() ? token(id) : new byte[0])
              : ofStream(Script.RELEASE, id, number(1 + random.nextInt(4)));
      case 11 -> renew(id);
      case 12 -> random.nextInt(3) == 0 ? expire(id) : list(id);
      case 13 -> ofStream(Script.FIND, id);
      default -> read(id);
    };
  }

  private Call ofStream(Script script, StreamId id, byte[]... more) {
    var arguments = new ArrayList<byte[]>();
    arguments.add(number(millis));
    arguments.add(bytes(id.toString()));
    arguments.addAll(Arrays.asList(more));
    return new Call(script, keys.of(id), arguments.toArray(new byte[0][]));
  }

  private Call ofPartition(Script script, StreamId id, byte[]... more) {
    int partition = Keys.partition(id);
    var arguments = new ArrayList<byte[]>();
    arguments.add(number(millis));
    arguments.addAll(Arrays.asList(more));
    return new Call(script, keys.of(partition), arguments.toArray(new byte[0][]));
  }

  private byte[] channel(StreamId id) {
    return bytes(keys.channel(id));
  }

  /** {@return a new token, or the last one of the stream} */
  private byte[] token(StreamId id) {
    if (random.nextInt(5) == 0) {
      return bytes(lastToken.getOrDefault(id, "none"));
    }
    String token = "t" + tokens++;
    lastToken.put(id, token);
    return bytes(token);
  }

  private byte[] lease() {
    return number(random.nextInt(7) * TEN_MINUTES);
  }

  private byte[] some(int most) {
    byte[] some = new byte[random.nextInt(most)];
    random.nextBytes(some);
    return some;
  }

  private Call create(StreamId id) {
    var first = someEntries();
    return ofStream(
        Script.CREATE,
        id,
        token(id),
        number(1 + random.nextInt(2)),
        number(random.nextInt(3) * HOUR),
        bytes(random.nextBoolean() ? "1" : "0"),
        some(40),
        number(random.nextInt(3)),
        number(random.nextInt(4) == 0 ? 3 : 1_000),
        number(random.nextInt(50)),
        number(random.nextInt(4) == 0 ? 100 : 1 << 30),
        lease(),
        number(first.size()),
        number(size(first)),
        first.isEmpty() ? new byte[0] : BatchCodec.encode(millis, first),
        number(random.nextInt(8) == 0 ? 20 : 1 << 20));
  }

  private List<JournalEntry> someEntries() {
    var entries = new ArrayList<JournalEntry>();
    for (int i = random.nextInt(4); i > 0; i--) {
      byte[] payload = random.nextInt(8) == 0 ? new byte[3_000] : some(30);
      entries.add(new JournalEntry(1 + random.nextInt(3), ByteBuffer.wrap(payload)));
    }
    return entries;
  }

  private static long size(List<JournalEntry> entries) {
    return entries.stream().mapToLong(JournalEntry::size).sum();
  }

  private ScriptModel.@Nullable State state(StreamId id) {
    return model.state(id.toString());
  }

  private Call append(StreamId id) {
    var state = state(id);
    long epoch = state == null ? 1 : state.epoch();
    long sequence = state == null ? 0 : state.sequence();
    var entries = someEntries();
    boolean ends = entries.isEmpty() || random.nextInt(8) == 0;
    long expected =
        switch (random.nextInt(8)) {
          case 0 -> -1;
          case 1 -> sequence + 1;
          case 2 -> Math.max(0, sequence - 1);
          default -> sequence;
        };
    var arguments =
        new ArrayList<>(
            List.of(
                token(id),
                number(Math.max(1, near(epoch))),
                number(expected),
                number(entries.size()),
                number(size(entries)),
                BatchCodec.encode(millis, entries),
                number(random.nextInt(8) == 0 ? 200 : 1 << 20),
                number(random.nextInt(8) == 0 ? 300 - random.nextInt(500) : 1 << 30),
                channel(id),
                bytes("me")));
    if (ends) {
      arguments.add(bytes(KINDS[random.nextInt(KINDS.length)]));
      arguments.add(some(10));
    }
    return ofStream(
        entries.isEmpty() ? Script.END : Script.APPEND, id, arguments.toArray(new byte[0][]));
  }

  private long near(long number) {
    return switch (random.nextInt(8)) {
      case 0 -> number - 1;
      case 1 -> number + 1;
      default -> number;
    };
  }

  private Call fence(StreamId id) {
    var state = state(id);
    long epoch = state == null ? 1 : state.epoch();
    return ofStream(
        Script.FENCE,
        id,
        token(id),
        number(Math.max(1, epoch + random.nextInt(3))),
        bytes(random.nextBoolean() ? "1" : "0"),
        lease(),
        channel(id),
        bytes("me"));
  }

  private Call renew(StreamId of) {
    int partition = Keys.partition(of);
    var arguments = new ArrayList<byte[]>();
    arguments.add(bytes(keys.headPrefix(partition)));
    arguments.add(lease());
    for (StreamId id : ids) {
      if (Keys.partition(id) == partition && random.nextInt(4) > 0) {
        var state = state(id);
        arguments.add(bytes(id.toString()));
        arguments.add(number(near(state == null ? 1 : state.epoch())));
      }
    }
    return ofPartition(Script.RENEW, of, arguments.toArray(new byte[0][]));
  }

  private Call expire(StreamId id) {
    int partition = Keys.partition(id);
    return ofPartition(
        Script.EXPIRE,
        id,
        bytes(""),
        bytes(keys.headPrefix(partition)),
        bytes(keys.entriesPrefix(partition)),
        bytes(keys.channelPrefix(partition)),
        bytes("me"));
  }

  private Call list(StreamId id) {
    String which = List.of("all", "open", "orphans").get(random.nextInt(3));
    return ofPartition(Script.LIST, id, bytes(""), bytes(which));
  }

  private Call read(StreamId id) {
    var state = state(id);
    long tail = state == null ? 0 : state.sequence();
    long sequence = random.nextInt(4) == 0 ? tail + 1 : random.nextLong(tail + 1);
    long epoch = state == null ? 1 : near(random.nextBoolean() ? state.epoch() : state.tailEpoch());
    int[] most = {-1, 0, 50, 4_000, 64 << 10};
    return ofStream(
        Script.READ,
        id,
        number(epoch),
        number(sequence),
        number(most[random.nextInt(most.length)]));
  }
}
