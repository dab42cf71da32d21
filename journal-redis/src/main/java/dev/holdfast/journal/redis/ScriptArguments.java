package dev.holdfast.journal.redis;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What {@code EVAL} and {@code EVALSHA} take, written as it is, and which of them it is. Lettuce's
 * own arguments are an object each.
 */
final class ScriptArguments extends CommandArgs<byte[], byte[]> implements ProtocolKeyword {
  private static final byte[] EVAL = Keys.bytes("EVAL");
  private static final byte[] EVALSHA = Keys.bytes("EVALSHA");

  private static final int CRLF = '\r' << 8 | '\n';

  /** The length of an argument, and what surrounds both. */
  private static final int AROUND = 16;

  private static final int BEFORE_KEYS = 2;

  private final Script script;
  private final byte[][] keys;
  private final byte[][] arguments;

  /** Whether the script is sent even where the server knows it. */
  private final boolean always;

  // Decided each time that it is written to a connection, and read after the answer.
  private volatile boolean whole = true;
  private volatile @Nullable Known connection;
  private volatile int state;

  /**
   * The arguments of one call.
   *
   * @param always whether the script is sent, even where the connection has carried it before
   */
  ScriptArguments(ScriptCall call, boolean always) {
    super(ByteArrayCodec.INSTANCE);
    script = call.script();
    keys = call.keys();
    arguments = call.arguments();
    this.always = always;
  }

  /**
   * Which scripts the server of one connection knows, because the connection has carried them. The
   * first call of a script on a connection is {@code EVAL}, each later one {@code EVALSHA}. So a
   * new connection, as after a start or a failover, needs no call twice, and keeps their order.
   */
  static final class Known extends ChannelOutboundHandlerAdapter {
    /** Of each script a count of changes: odd where the server knows it. */
    private final Map<Script, AtomicInteger> states = new EnumMap<>(Script.class);

    Known() {
      for (Script script : Script.values()) {
        states.put(script, new AtomicInteger());
      }
    }

    private AtomicInteger state(Script script) {
      return Objects.requireNonNull(states.get(script));
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
      if (message instanceof RedisCommand<?, ?, ?> command) {
        leaves(command);
      } else if (message instanceof Collection<?> several) {
        for (Object one : several) {
          if (one instanceof RedisCommand<?, ?, ?> command) {
            leaves(command);
          }
        }
      }
      var unused = context.write(message, promise);
    }

    private void leaves(RedisCommand<?, ?, ?> command) {
      if (command.getArgs() instanceof ScriptArguments call) {
        var state = state(call.script);
        int found = state.get();
        boolean known = found % 2 != 0;
        if (!known) {
          found++;
          state.set(found); // Only this loop makes it known.
        }
        call.whole = call.always || !known;
        call.state = found;
        call.connection = this;
      }
    }
  }

  /**
   * The server did not run this call, and may not know the script. Of calls that were sent since
   * the script was, the first one has an effect.
   */
  void failed() {
    var carried = connection;
    int found = state;
    if (carried != null) {
      carried.state(script).compareAndSet(found, found + 1);
    }
  }

  /** {@return whether the script itself was sent} */
  boolean isWhole() {
    return whole;
  }

  @Override
  public byte[] getBytes() {
    return whole ? EVAL : EVALSHA;
  }

  @Override
  public int count() {
    return BEFORE_KEYS + keys.length + arguments.length;
  }

  /** {@return what decides about the node of a Redis Cluster} */
  @Override
  public ByteBuffer getFirstEncodedKey() {
    return ByteBuffer.wrap(keys[0]);
  }

  @Override
  public void encode(ByteBuf out) {
    byte[] count = RedisContext.number(keys.length);
    byte[] text = whole ? script.text() : script.digest();
    out.ensureWritable(AROUND + text.length + AROUND + count.length + size(keys) + size(arguments));
    write(out, text);
    write(out, count);
    for (byte[] key : keys) {
      write(out, key);
    }
    for (byte[] argument : arguments) {
      write(out, argument);
    }
  }

  private static int size(byte[][] parts) {
    int size = 0;
    for (byte[] part : parts) {
      size += AROUND + part.length;
    }
    return size;
  }

  private static void write(ByteBuf out, byte[] part) {
    out.writeByte('$');
    out.writeBytes(RedisContext.number(part.length));
    out.writeShort(CRLF);
    out.writeBytes(part);
    out.writeShort(CRLF);
  }

  /** Content stays out of logs. */
  @Override
  public String toCommandString() {
    return toString();
  }

  @Override
  public String toString() {
    return "script " + script; // Errors begin with it.
  }
}
