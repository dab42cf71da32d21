package dev.holdfast.journal.redis;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/**
 * What {@code EVAL} and {@code EVALSHA} take, written as it is. Lettuce's own arguments are an
 * object each.
 */
final class ScriptArguments extends CommandArgs<byte[], byte[]> {
  private static final int CRLF = '\r' << 8 | '\n';

  /** The length of an argument, and what surrounds both. */
  private static final int AROUND = 16;

  private static final int BEFORE_KEYS = 2;

  private final byte[] script;
  private final byte[][] keys;
  private final byte[][] arguments;

  /**
   * The arguments of one call.
   *
   * @param script its text or its digest
   */
  ScriptArguments(byte[] script, byte[][] keys, byte[][] arguments) {
    super(ByteArrayCodec.INSTANCE);
    this.script = script;
    this.keys = keys;
    this.arguments = arguments;
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
    out.ensureWritable(
        AROUND + script.length + AROUND + count.length + size(keys) + size(arguments));
    write(out, script);
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
    return "ScriptArguments[count=%d]".formatted(count());
  }
}
