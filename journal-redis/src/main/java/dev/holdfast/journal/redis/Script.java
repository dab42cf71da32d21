package dev.holdfast.journal.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** A script that Redis runs as a whole, on the keys of one partition. */
enum Script {
  /** What the scripts may do here is checked before any is needed. */
  CHECK("#!lua flags=allow-oom", ""),
  CREATE("#!lua"),
  /** By far the most frequent: it has no more than it needs. */
  APPEND("#!lua", "stream", "append"),
  /** Several appends, on the keys of several partitions: of a server that has all of them. */
  APPENDS("#!lua", "one", "stream", "append", "appends"),
  /** The end of a stream is written where memory is used up, too. */
  END("#!lua flags=allow-oom", "stream", "append"),
  FENCE("#!lua flags=allow-oom"),
  TOUCH("#!lua flags=allow-oom"),
  DELETE("#!lua flags=allow-oom"),
  RENEW("#!lua flags=allow-oom"),
  RELEASE("#!lua flags=allow-oom"),
  EXPIRE("#!lua flags=allow-oom"),
  FIND("#!lua flags=no-writes"),
  READ("#!lua flags=no-writes"),
  LIST("#!lua flags=no-writes"),
  /** What gateways share; it is small, and is written where memory is used up, too. */
  ARRIVE("#!lua flags=allow-oom", "shared", "arrive"),
  SETTLE("#!lua flags=allow-oom", "shared", "settle"),
  HOLD("#!lua flags=allow-oom", "shared", "hold"),
  CLAIM("#!lua flags=allow-oom", "shared", "claim"),
  EXCHANGE("#!lua flags=allow-oom", "shared", "exchange");

  @SuppressWarnings("ImmutableEnumChecker") // Never changed.
  private final byte[] text;

  @SuppressWarnings("ImmutableEnumChecker") // As above.
  private final byte[] digest;

  Script(String shebang) {
    this(shebang, "stream", "prelude", "");
  }

  /** A script of files, which follow each other; an empty name is that of the script. */
  Script(String shebang, String... files) {
    var parts = new StringBuilder(shebang).append('\n');
    for (String file : files) {
      parts.append(resource(file.isEmpty() ? name().toLowerCase(Locale.ROOT) : file));
    }
    text = Keys.bytes(parts.toString());
    digest = digest(text);
  }

  byte[] text() {
    return text;
  }

  /** {@return the name under which Redis caches it} */
  byte[] digest() {
    return digest;
  }

  private static String resource(String name) {
    try (InputStream in = Script.class.getResourceAsStream(name + ".lua")) {
      if (in == null) {
        throw new IllegalStateException("script: must be in the jar, was missing: " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] digest(byte[] text) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-1").digest(text);
      return Keys.bytes(HexFormat.of().formatHex(hash));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-1: must be there, was not", e);
    }
  }
}
