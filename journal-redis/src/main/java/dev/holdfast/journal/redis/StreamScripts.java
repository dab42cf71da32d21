package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.StreamId;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;

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
    sender = Keys.bytes(context.sender);
  }

  /** {@return the answer to the script of an operation} */
  CompletionStage<Reply> run(Operation operation, String token, long millis) {
    byte[] now = RedisContext.number(millis);
    byte[] lease = RedisContext.number(context.options.lease.toMillis());
    return switch (operation) {
      case Operation.Create create -> create(create, token, millis);
      case Operation.Append append -> append(append, token, millis);
      case Operation.Fence(int epoch, boolean orphan, var receipt) ->
          context.link.run(
              Script.FENCE,
              keys,
              now,
              name,
              Keys.bytes(token),
              RedisContext.number(epoch),
              orphan ? YES : NO,
              lease,
              channel,
              sender);
      case Operation.Touch touch -> context.link.run(Script.TOUCH, keys, now, name);
      case Operation.Delete delete ->
          context.link.run(
              Script.DELETE, keys, now, name, channel, sender, Keys.bytes(context.creation(id)));
    };
  }

  private CompletionStage<Reply> create(Operation.Create create, String token, long millis) {
    context.creating(id, token);
    var options = context.options;
    var stream = create.stream();
    var first = create.first();
    var metadata = stream.metadata();
    byte[] about = new byte[metadata.remaining()];
    metadata.get(about);
    return context.link.run(
        Script.CREATE,
        keys,
        RedisContext.number(millis),
        name,
        Keys.bytes(token),
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
        RedisContext.number(options.limits.stream()));
  }

  private CompletionStage<Reply> append(Operation.Append append, String token, long millis) {
    var batch = append.batch();
    var limits = context.options.limits;
    var arguments =
        new ArrayList<>(
            List.of(
                RedisContext.number(millis),
                name,
                Keys.bytes(token),
                RedisContext.number(batch.epoch()),
                RedisContext.number(batch.expected()),
                RedisContext.number(batch.entries().size()),
                RedisContext.number(batch.size()),
                BatchCodec.encode(millis, batch.entries()),
                RedisContext.number(limits.stream()),
                RedisContext.number(limits.total() - context.totals.bytesElsewhere(partition)),
                channel,
                sender));
    if (batch.end().isPresent()) {
      JournalEnd end = batch.end().get();
      arguments.add(Keys.bytes(end.kind().name()));
      arguments.add(Keys.bytes(end.detail()));
    }
    return context.link.run(
        batch.entries().isEmpty() ? Script.END : Script.APPEND,
        keys,
        arguments.toArray(new byte[0][]));
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
