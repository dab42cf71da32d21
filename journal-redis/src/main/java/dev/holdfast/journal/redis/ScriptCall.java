package dev.holdfast.journal.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A script on its way to Redis. */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record ScriptCall(Script script, byte[][] keys, byte[][] arguments, Link.Done done) {
  /** So many appends are one script at most, and so many bytes of arguments. */
  static final int MOST_TOGETHER = 64;

  static final int MOST_BYTES = 256 << 10;

  private static final int KEYS = 5;

  /** {@return whether it may be one script with others} */
  boolean isAppend() {
    return script == Script.APPEND;
  }

  /** {@return the bytes of its arguments} */
  int size() {
    int size = 0;
    for (byte[] argument : arguments) {
      size += argument.length;
    }
    return size;
  }

  /** {@return several appends of different streams as one call} */
  static ScriptCall together(List<ScriptCall> appends) {
    int count = 0;
    for (ScriptCall append : appends) {
      count += 1 + append.arguments.length;
    }
    byte[][] keys = new byte[KEYS * appends.size()][];
    byte[][] arguments = new byte[count][];
    int key = 0;
    int next = 0;
    for (ScriptCall append : appends) {
      System.arraycopy(append.keys, 0, keys, key, KEYS);
      key += KEYS;
      arguments[next++] = RedisContext.number(append.arguments.length);
      System.arraycopy(append.arguments, 0, arguments, next, append.arguments.length);
      next += append.arguments.length;
    }
    var parts = List.copyOf(appends);
    return new ScriptCall(
        Script.APPENDS, keys, arguments, (reply, thrown) -> each(parts, reply, thrown));
  }

  private static void each(
      List<ScriptCall> appends, @Nullable Reply reply, @Nullable Throwable thrown) {
    for (int i = 0; i < appends.size(); i++) {
      var append = appends.get(i);
      if (reply == null) {
        append.complete(null, thrown);
      } else if (i < reply.size() && reply.values().get(i) instanceof List<?> values) {
        append.answered(new Reply(values));
      } else {
        append.complete(null, null);
      }
    }
  }

  private void answered(Reply reply) {
    if (reply.is("ERROR")) {
      finish(null, new RedisCommandExecutionException(reply.text(1)));
    } else {
      finish(reply, null);
    }
  }

  void refuse() {
    finish(null, new RedisException("connection: must be open, was closed"));
  }

  void complete(@Nullable List<Object> values, @Nullable Throwable thrown) {
    if (values != null) {
      finish(new Reply(values), null);
    } else {
      finish(
          null, thrown == null ? new RedisException("answer: must be a list, was none") : thrown);
    }
  }

  private void finish(@Nullable Reply reply, @Nullable Throwable thrown) {
    try {
      done.accept(reply, thrown);
    } catch (RuntimeException e) {
      // Its own fault; other streams wait on this thread.
    }
  }

  /** Content stays out of logs. */
  @Override
  public String toString() {
    return "ScriptCall[script=%s]".formatted(script);
  }
}
