package dev.holdfast.testkit.journal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a Redis with the scripts of {@code holdfast-journal-redis} answers, in memory and in virtual
 * time: keys, arguments and answers are those of the scripts, byte by byte. A test compares both
 * over random calls. Redis removes keys whose time has passed; this model leaves that to the
 * scripts. Not thread-safe.
 */
public final class ScriptModel {
  /** What the scripts check. A planted bug leaves one out. */
  public enum Rule {
    /** An operation that left its token is not done again. */
    TOKEN,
    /** A batch has an epoch that is not older than that of the stream. */
    NOT_OLDER,
    /** A batch has an epoch that is not newer than that of the stream. */
    NOT_NEWER,
    /** A batch has the sequence of the stream. */
    SEQUENCE,
    /** A stream that has ended takes no batch. */
    END,
    /** A stream under a lease is not taken over. */
    LEASE,
    /** A lease is renewed only for the epoch of the stream. */
    RENEWAL,
    /** An offset has the epoch of the batch that it names. */
    OFFSET,
    /** Leases are measured by the clock of the store. */
    CLOCK,
    /** A creation that was given up, and whose stream was removed, is not done later. */
    GIVEN_UP,
    /** A creation that was done is known again after others have left their tokens. */
    CREATED
  }

  private static final int MOST_EXPIRED = 500;
  private static final int CHUNK = 8;
  private static final List<byte[]> NOTHING = answer("0", "0", "0", "0");
  private static final int MOST_NAMES = 10_000;

  private final LongSupplier clock;
  private final Set<Rule> rules;
  private final BiConsumer<String, String> messages;
  private final Map<String, ScriptPartition> partitions;

  /** The names of partitions, by the arrays that callers use again. */
  private final IdentityHashMap<byte[], String> names = new IdentityHashMap<>();

  /**
   * A store without streams.
   *
   * @param clock of the store, in milliseconds
   * @param rules that it keeps
   * @param messages receives channel and text of what is published
   */
  public ScriptModel(LongSupplier clock, Set<Rule> rules, BiConsumer<String, String> messages) {
    this(clock, rules, messages, new HashMap<>());
  }

  private ScriptModel(
      LongSupplier clock,
      Set<Rule> rules,
      BiConsumer<String, String> messages,
      Map<String, ScriptPartition> partitions) {
    this.clock = clock;
    this.rules = Set.copyOf(rules);
    this.messages = messages;
    this.partitions = partitions;
  }

  /** {@return a store with the same streams at this moment, as a replica has them} */
  public ScriptModel copy() {
    var copies = new HashMap<String, ScriptPartition>();
    partitions.forEach((name, partition) -> copies.put(name, partition.copy()));
    return new ScriptModel(clock, rules, messages, copies);
  }

  /**
   * One stream as it is stored.
   *
   * @param tailEpoch of the last batch; 0 if there is none
   * @param end its kind; null while it is open
   * @param lease when it ends, by the store's clock; 0 for none
   */
  public record State(
      long epoch, long tailEpoch, long sequence, @Nullable String end, long lease) {}

  /** {@return a stream; null if there is none} Its time to live is not looked at. */
  public @Nullable State state(String id) {
    for (ScriptPartition partition : partitions.values()) {
      for (var entry : partition.heads.entrySet()) {
        if (entry.getKey().endsWith(id)) {
          var head = entry.getValue();
          return new State(
              Long.parseLong(head.epoch),
              Long.parseLong(head.last),
              head.sequence,
              head.kind,
              partition.open.getOrDefault(id, 0.0).longValue());
        }
      }
    }
    return null;
  }

  // ---------------------------------------------------------------- one call

  /** What every script has. */
  private final class Call {
    final ScriptPartition partition;
    final String headKey;
    final byte[][] arguments;
    final long now;
    final String id;

    Call(byte[][] keys, byte[][] arguments) {
      partition = partitions.computeIfAbsent(name(keys), key -> new ScriptPartition());
      headKey = text(keys[0]);
      this.arguments = arguments;
      now = Long.parseLong(text(arguments[0]));
      id = text(arguments[1]);
    }

    /** {@return an argument, counted from 1 as the scripts do} */
    String argument(int index) {
      return text(arguments[index - 1]);
    }

    long number(int index) {
      return Long.parseLong(argument(index));
    }

    ScriptPartition.@Nullable Head head() {
      var head = partition.heads.get(headKey);
      return head == null || (head.expires > 0 && head.expires <= now) ? null : head;
    }

    long time() {
      return rules.contains(Rule.CLOCK) ? clock.getAsLong() : now;
    }

    long streams() {
      return partition.ids.values().stream().filter(expires -> expires > now).count();
    }

    List<byte[]> stored(String epoch, long sequence) {
      return answer(
          "STORED",
          epoch,
          Long.toString(sequence),
          Long.toString(streams()),
          Integer.toString(partition.open.size()),
          Long.toString(partition.sum));
    }

    List<byte[]> stored(ScriptPartition.Head head) {
      return stored(head.last, head.sequence);
    }

    List<byte[]> appended(ScriptPartition.Head head, String before, boolean all) {
      var answer = stored(head);
      answer.add(3, before.getBytes(StandardCharsets.UTF_8));
      if (!all) {
        answer.subList(4, 6).clear();
      }
      return answer;
    }

    void remove(String stream, String key) {
      partition.heads.remove(key);
      partition.deleted.remove(key);
      partition.ids.remove(stream);
      partition.open.remove(stream);
      var size = partition.bytes.remove(stream);
      partition.sum -= size == null ? 0 : size;
    }

    void grow(long size) {
      partition.bytes.merge(id, size, Long::sum);
      partition.sum += size;
    }

    /** Stores a batch whose count, size and bytes begin at an argument. */
    void write(ScriptPartition.Head head, int index) {
      long count = number(index);
      long size = number(index + 1);
      head.sequence += count;
      head.bytes += size;
      if (count > 0) {
        head.last = argument(4);
        head.batches.add(new ScriptPartition.Batch(head.sequence, head.last, arguments[index + 1]));
        grow(size);
      }
    }

    void renew(ScriptPartition.Head head) {
      if (head.ttl > 0 && head.sliding && (now + head.ttl - head.expires) * 1_000 >= head.ttl) {
        head.expires = now + head.ttl;
        partition.ids.put(id, (double) head.expires);
      }
    }

    boolean isDone(ScriptPartition.Head head, String token) {
      return rules.contains(Rule.TOKEN) && head.token.equals(token);
    }
  }

  /** {@return the name of the partition that keys are of} */
  private String name(byte[][] keys) {
    if (names.size() > MOST_NAMES) {
      names.clear();
    }
    return names.computeIfAbsent(keys[2], ScriptModel::text);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static List<byte[]> answer(String... parts) {
    var answer = new ArrayList<byte[]>(parts.length + 1);
    for (String part : parts) {
      answer.add(part.getBytes(StandardCharsets.UTF_8));
    }
    return answer;
  }

  /**
   * {@return the answer of a script}
   *
   * @param script its name, in lower case
   */
  public List<byte[]> run(String script, byte[][] keys, byte[]... arguments) {
    boolean ofAll = script.equals("list") || script.equals("expire");
    if (ofAll && !partitions.containsKey(name(keys))) { // Most have nothing.
      return script.equals("list") ? List.of() : NOTHING;
    }
    var call = new Call(keys, arguments);
    return switch (script) {
      case "create" -> create(call);
      case "append", "end" -> append(call);
      case "fence" -> fence(call);
      case "touch" -> touch(call);
      case "delete" -> delete(call);
      case "renew" -> renew(call);
      case "release" -> release(call);
      case "expire" -> expire(call);
      case "find" -> find(call);
      case "read" -> read(call);
      case "list" -> list(call);
      default -> throw new IllegalArgumentException("script: must be known, was " + script);
    };
  }

  private List<byte[]> create(Call call) {
    String token = call.argument(3);
    long ttl = call.number(5);
    byte[] metadata = call.arguments[6];
    var there = call.head();
    if (there != null) {
      boolean own = there.creation.equals(token) && rules.contains(Rule.CREATED);
      return own || call.isDone(there, token) ? call.stored(there) : answer("EXISTS");
    }
    var expired = call.partition.heads.get(call.headKey);
    var left = expired == null ? call.partition.deleted.get(call.headKey) : expired.token;
    if (rules.contains(Rule.GIVEN_UP) && token.equals(left)) {
      return answer("UNKNOWN");
    }
    long size = call.number(14);
    if (size > call.number(16)) {
      return answer("TOO_LARGE");
    }
    if (call.streams() + call.number(8) >= call.number(9)
        || call.partition.sum + metadata.length + size + call.number(10) > call.number(11)) {
      return answer("FULL");
    }
    call.remove(call.id, call.headKey);
    var head = new ScriptPartition.Head();
    head.epoch = call.argument(4);
    head.created = call.now;
    head.expires = ttl > 0 ? call.now + ttl : 0;
    head.ttl = ttl;
    head.sliding = call.argument(6).equals("1");
    head.metadata = metadata;
    head.token = token;
    head.creation = token;
    call.partition.heads.put(call.headKey, head);
    call.partition.ids.put(call.id, ttl > 0 ? (double) head.expires : Double.POSITIVE_INFINITY);
    call.partition.open.put(call.id, (double) (call.time() + call.number(12)));
    call.grow(metadata.length);
    call.write(head, 13);
    return call.stored(head);
  }

  private @Nullable List<byte[]> refusal(Call call, ScriptPartition.Head head) {
    long epoch = call.number(4);
    long own = Long.parseLong(head.epoch);
    if ((epoch < own && rules.contains(Rule.NOT_OLDER))
        || (epoch > own && rules.contains(Rule.NOT_NEWER))) {
      return answer("FENCED", head.epoch);
    }
    if (head.kind != null && rules.contains(Rule.END)) {
      return answer("ENDED");
    }
    long expected = call.number(5);
    if (expected >= 0 && expected != head.sequence && rules.contains(Rule.SEQUENCE)) {
      return answer("WRONG_SEQUENCE", Long.toString(head.sequence));
    }
    long size = call.number(7);
    if (call.number(6) > 0 && head.bytes + size > call.number(9)) {
      return answer("TOO_LARGE");
    }
    boolean full = call.partition.sum + size > call.number(10);
    return call.number(6) > 0 && full ? answer("FULL") : null;
  }

  private List<byte[]> append(Call call) {
    var head = call.head();
    if (head == null) {
      return answer("UNKNOWN");
    }
    String token = call.argument(3);
    if (call.isDone(head, token)) {
      return call.appended(head, "", true);
    }
    var refusal = refusal(call, head);
    if (refusal != null) {
      return refusal;
    }
    String before = head.last;
    call.write(head, 6);
    head.token = token;
    boolean ends = call.arguments.length > 12;
    if (ends) {
      head.kind = call.argument(13);
      head.detail = call.arguments[13];
      call.partition.open.remove(call.id);
    }
    call.renew(head);
    messages.accept(call.argument(11), call.argument(12));
    return call.appended(head, before, ends);
  }

  private List<byte[]> fence(Call call) {
    var head = call.head();
    if (head == null) {
      return answer("UNKNOWN");
    }
    String token = call.argument(3);
    if (call.isDone(head, token)) {
      return call.stored(head);
    }
    if (call.number(4) <= Long.parseLong(head.epoch)) {
      return answer("FENCED", head.epoch);
    }
    long time = call.time();
    var lease = call.partition.open.get(call.id);
    boolean held = call.argument(5).equals("1") && lease != null && lease > time;
    if (held && rules.contains(Rule.LEASE)) {
      return answer("FENCED", head.epoch);
    }
    head.epoch = call.argument(4);
    head.token = token;
    if (head.kind == null) {
      call.partition.open.put(call.id, (double) (time + call.number(6)));
    }
    messages.accept(call.argument(7), call.argument(8));
    return call.stored(head);
  }

  private List<byte[]> touch(Call call) {
    var head = call.head();
    if (head == null) {
      return answer("UNKNOWN");
    }
    call.renew(head);
    return call.stored(head);
  }

  private List<byte[]> delete(Call call) {
    var head = call.head();
    if (head != null) {
      call.remove(call.id, call.headKey);
      messages.accept(call.argument(3), call.argument(4));
    }
    var expired = call.partition.heads.get(call.headKey);
    if (expired != null && call.arguments[4].length > 0) {
      expired.token = call.argument(5);
    } else if (call.arguments[4].length > 0) {
      call.partition.deleted.put(call.headKey, call.argument(5));
    }
    return head == null ? answer("UNKNOWN") : call.stored(head);
  }

  /** The second argument is the prefix of heads. */
  private List<byte[]> renew(Call call) {
    double deadline = (double) (call.time() + call.number(3));
    var lost = new ArrayList<byte[]>();
    for (int i = 4; i < call.arguments.length; i += 2) {
      String stream = call.argument(i);
      var head = call.partition.heads.get(call.id + stream);
      boolean own = head != null && head.epoch.equals(call.argument(i + 1));
      boolean takes = own || (head != null && !rules.contains(Rule.RENEWAL));
      boolean ended = head != null && head.kind != null;
      boolean released = call.partition.open.getOrDefault(stream, deadline) <= 0;
      if (takes && !ended && !released) {
        call.partition.open.put(stream, deadline);
      } else {
        lost.addAll(answer(own && ended ? "-" + stream : stream));
      }
    }
    return lost;
  }

  private List<byte[]> release(Call call) {
    var head = call.head();
    if (head != null && head.epoch.equals(call.argument(3)) && head.kind == null) {
      call.partition.open.put(call.id, 0.0);
    }
    return answer("RELEASED");
  }

  private List<byte[]> expire(Call call) {
    var gone = sorted(call.partition.ids, (double) call.now).stream().limit(MOST_EXPIRED).toList();
    for (String stream : gone) {
      call.remove(stream, call.argument(3) + stream);
      messages.accept(call.argument(5) + stream, call.argument(6));
    }
    var answer =
        answer(
            Integer.toString(gone.size()),
            Long.toString(call.streams()),
            Integer.toString(call.partition.open.size()),
            Long.toString(call.partition.sum));
    gone.forEach(stream -> answer.addAll(answer(stream)));
    return answer;
  }

  /** {@return the members with a score of at most {@code most}, as a sorted set has them} */
  private static List<String> sorted(Map<String, Double> set, double most) {
    if (set.isEmpty()) {
      return List.of();
    }
    return set.entrySet().stream()
        .filter(member -> member.getValue() <= most)
        .sorted(
            Map.Entry.<String, Double>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static List<byte[]> find(Call call) {
    var head = call.head();
    if (head == null) {
      return answer("UNKNOWN");
    }
    var found =
        answer(
            "FOUND",
            head.epoch,
            head.last,
            Long.toString(head.sequence),
            Long.toString(head.bytes),
            Long.toString(head.created),
            Long.toString(head.expires),
            head.kind == null ? "" : head.kind);
    found.add(head.detail);
    found.add(head.metadata);
    return found;
  }

  private List<byte[]> read(Call call) {
    var head = call.head();
    if (head == null) {
      return answer("UNKNOWN");
    }
    long sequence = call.number(4);
    long most = call.number(5);
    if (sequence > head.sequence) {
      return answer("WRONG_OFFSET");
    }
    int from = 0;
    if (sequence > 0) {
      while (from < head.batches.size() && head.batches.get(from).tail() < sequence) {
        from++;
      }
      if (from == head.batches.size()) {
        return answer("DAMAGED");
      }
      var before = head.batches.get(from);
      if (!before.epoch().equals(call.argument(3)) && rules.contains(Rule.OFFSET)) {
        return answer("WRONG_OFFSET");
      }
      from += before.tail() > sequence ? 0 : 1;
    }
    var page =
        answer("PAGE", head.last, Long.toString(head.sequence), head.kind == null ? "" : head.kind);
    page.add(head.detail);
    page.addAll(answer(Long.toString(head.expires)));
    long size = 0;
    for (int i = from; i < head.batches.size() && most >= 0; i++) {
      var batch = head.batches.get(i);
      int length = batch.bytes().length;
      boolean begins = (i - from) % CHUNK == 0;
      if ((begins && size > most) || (size > 0 && size + length > most)) {
        break;
      }
      size += length;
      page.addAll(answer(batch.tail() + "-" + batch.epoch()));
      page.add(batch.bytes());
    }
    return page;
  }

  private List<byte[]> list(Call call) {
    String which = call.argument(3);
    var ids = call.partition.ids;
    if (ids.isEmpty()) {
      return new ArrayList<>();
    }
    if (which.equals("all")) {
      var gone = sorted(ids, (double) call.now);
      return sorted(ids, Double.POSITIVE_INFINITY).stream()
          .filter(id -> !gone.contains(id))
          .map(id -> id.getBytes(StandardCharsets.UTF_8))
          .toList();
    }
    double most = which.equals("open") ? Double.POSITIVE_INFINITY : (double) call.time();
    return sorted(call.partition.open, most).stream()
        .filter(id -> ids.getOrDefault(id, 0.0) > call.now)
        .map(id -> id.getBytes(StandardCharsets.UTF_8))
        .toList();
  }
}
