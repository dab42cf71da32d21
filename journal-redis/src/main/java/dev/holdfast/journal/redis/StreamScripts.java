package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.StreamId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;

/** The scripts of one stream: their keys, arguments and answers. Thread-safe. */
final class StreamScripts {
  private static final byte[] NOTHING = {};
  private static final byte[] YES = Keys.bytes("1");
  private static final byte[] NO = Keys.bytes("0");

  private final RedisContext context;
  private final StreamId id;
  private final int partition;
  private final byte[][] keys;
  private final byte[] name;
  private final byte[] channel;
  private final byte[] sender;

  StreamScripts(RedisContext context, StreamId id) {
    this.context = context;
    this.id = id;
    partition = Keys.partition(id);
    keys = context.keys.of(id);
    name = Keys.bytes(id.toString());
    channel = Keys.bytes(context.keys.channel(id));
    sender = context.senderBytes;
  }

  /** Runs the script of an operation. */
  void run(Operation operation, byte[] token, long millis, Link.Done done) {
    byte[] now = context.moment(millis);
    switch (operation) {
      case Operation.Create create -> create(create, token, millis, done);
      case Operation.Append append -> append(append, token, millis, done);
      case Operation.Fence(int epoch, boolean orphan, var receipt) ->
          context.link.run(
              Script.FENCE,
              done,
              keys,
              now,
              name,
              token,
              RedisContext.number(epoch),
              orphan ? YES : NO,
              RedisContext.number(context.options.lease.toMillis()),
              channel,
              sender);
      case Operation.Touch touch -> context.link.run(Script.TOUCH, done, keys, now, name);
      case Operation.Delete delete ->
          context.link.run(
              Script.DELETE,
              done,
              keys,
              now,
              name,
              channel,
              sender,
              Keys.bytes(context.creation(id)));
    }
  }

  private void create(Operation.Create create, byte[] token, long millis, Link.Done done) {
    context.creating(id, new String(token, StandardCharsets.UTF_8));
    var options = context.options;
    var stream = create.stream();
    var first = create.first();
    var metadata = stream.metadata();
    byte[] about = new byte[metadata.remaining()];
    metadata.get(about);
    context.link.run(
        Script.CREATE,
        done,
        keys,
        context.moment(millis),
        name,
        token,
        RedisContext.number(stream.epoch()),
        RedisContext.number(stream.ttl().toMillis()),
        stream.sliding() ? YES : NO,
        about,
        RedisContext.number(context.totals.streamsElsewhere(partition)),
        RedisContext.number(options.limits.streams()),
        RedisContext.number(context.totals.bytesElsewhere(partition)),
        RedisContext.number(options.limits.total()),
        RedisContext.number(options.lease.toMillis()),
        RedisContext.number(first.size()),
        RedisContext.number(create.firstSize()),
        first.isEmpty() ? NOTHING : BatchCodec.encode(millis, first),
        context.mostOfStream);
  }

  private void append(Operation.Append append, byte[] token, long millis, Link.Done done) {
    var batch = append.batch();
    var limits = context.options.limits;
    byte[][] arguments = {
      context.moment(millis),
      name,
      token,
      RedisContext.number(batch.epoch()),
      RedisContext.number(batch.expected()),
      RedisContext.number(batch.entries().size()),
      RedisContext.number(batch.size()),
      BatchCodec.encode(millis, batch.entries()),
      context.mostOfStream,
      RedisContext.number(limits.total() - context.totals.bytesElsewhere(partition)),
      channel,
      sender
    };
    if (batch.end().isPresent()) {
      JournalEnd end = batch.end().get();
      int count = arguments.length;
      arguments = Arrays.copyOf(arguments, count + 2);
      arguments[count] = Keys.bytes(end.kind().name());
      arguments[count + 1] = Keys.bytes(end.detail());
    }
    var script = batch.entries().isEmpty() ? Script.END : Script.APPEND;
    context.link.run(script, done, keys, arguments);
  }

  /** Keeps what an answer reports of the partition. */
  void count(Operation operation, Reply reply) {
    if (!(operation instanceof Operation.Append)) {
      context.totals.keep(partition, reply, 3);
    } else if (reply.size() > 5) {
      context.totals.keep(partition, reply, 4);
    } else {
      context.totals.keepBytes(partition, reply.number(4));
    }
  }

  /** {@return the epoch of the tail before an append; empty if it had been done before} */
  static OptionalInt epochBefore(Reply reply) {
    return reply.bytes(3).length == 0 ? OptionalInt.empty() : OptionalInt.of((int) reply.number(3));
  }
}
