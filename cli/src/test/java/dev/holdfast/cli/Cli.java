package dev.holdfast.cli;

import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.json.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs the command in this JVM, with an environment and streams of its own. */
public final class Cli {
  /** A terminal in a UTF-8 locale. */
  public static final Terminal.Screen TERMINAL = new Terminal.Screen(true, true, 80, true);

  private final Map<String, String> environment = new HashMap<>();
  private Terminal.Screen screen = Terminal.Screen.NONE;
  private byte[] in = new byte[0];
  private int read = Integer.MAX_VALUE;
  private String outputFailure = "Broken pipe";
  private @Nullable InputStream input;

  /**
   * What a command did.
   *
   * @param code its exit code
   * @param out what it wrote to stdout
   * @param err what it wrote to stderr
   */
  public record Ran(int code, String out, String err) {
    public List<String> outLines() {
      return out.lines().toList();
    }
  }

  /** {@return a line of output as a JSON object; fails if it is none} */
  public static Json.Obj object(String line) {
    try {
      return (Json.Obj) Json.parse(line);
    } catch (Json.MalformedException e) {
      throw new AssertionError("not JSON: " + line, e);
    }
  }

  /**
   * {@return a port of the loopback address at which nobody listens, and nobody may begin to as
   * long as this is open}
   */
  static Socket takenPort() throws IOException {
    var taken = new Socket();
    taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return taken;
  }

  Cli with(String name, String setting) {
    environment.put(name, setting);
    return this;
  }

  public Cli on(Terminal.Screen screen) {
    this.screen = screen;
    return this;
  }

  public Cli reading(String text) {
    in = text.getBytes(StandardCharsets.UTF_8);
    return this;
  }

  /** Whoever reads stdout goes away after so many bytes, as {@code head} does. */
  Cli readUntil(int bytes) {
    read = bytes;
    return this;
  }

  /** Stdout takes so many bytes and then fails, as a full disk does. */
  Cli failingAfter(int bytes, String failure) {
    read = bytes;
    outputFailure = failure;
    return this;
  }

  /** What stdin is. */
  Cli reading(InputStream stream) {
    input = stream;
    return this;
  }

  public Ran run(String... arguments) {
    var out = new ByteArrayOutputStream();
    var pipe =
        new OutputStream() {
          @Override
          public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            if (out.size() > read) {
              throw new IOException(outputFailure);
            }
            out.write(bytes, offset, length);
          }
        };
    var err = new ByteArrayOutputStream();
    InputStream stdin = input == null ? new ByteArrayInputStream(in) : input;
    var terminal = new Terminal(stdin, pipe, err, screen, environment);
    int code = Main.run(terminal, arguments);
    return new Ran(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
