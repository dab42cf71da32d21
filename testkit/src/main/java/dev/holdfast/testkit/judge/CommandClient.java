package dev.holdfast.testkit.judge;

import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.guard.SecretNames;
import dev.holdfast.core.stream.Check;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A client that is a command. It gets its task as environment variables ({@link Task#environment}).
 * Its stdout is the answer's text, as it arrives; exit code 0 claims that the answer is complete.
 * On stderr, {@code HOLDFAST_TOOL {json}} is a tool call it acts upon, and {@code
 * HOLDFAST_CANCELLED} reports that it has cancelled. It then waits until its stdin ends: the judge
 * checks that the client closes the connection, not the end of its process.
 */
public final class CommandClient implements JudgedClient {
  private static final String TOOL = "HOLDFAST_TOOL ";
  private static final String CANCELLED = "HOLDFAST_CANCELLED";
  private static final int MAX_COMPLAINT = 300;
  private static final long GLANCE_MILLIS = 50;

  private final List<String> command;

  /**
   * A client.
   *
   * @param command program and arguments
   */
  public CommandClient(List<String> command) {
    Check.that(!command.isEmpty(), "command", "must name a program", "nothing");
    this.command = List.copyOf(command);
  }

  /**
   * {@return a client that the system's shell starts, quotes and variables as it has them} The
   * shell is {@code sh}, on Windows {@code cmd}.
   */
  public static CommandClient ofShell(String line) {
    return new CommandClient(shell(line, System.getProperty("os.name", "")));
  }

  /** {@return program and arguments of the shell of a system} */
  static List<String> shell(String line, String system) {
    if (system.toLowerCase(Locale.ROOT).startsWith("windows")) {
      // /s: cmd removes these two quotes, and no others. /d: no start-up commands of the registry.
      return List.of("cmd.exe", "/d", "/s", "/c", '"' + line + '"');
    }
    // exec: so that the client, not the shell, is what is measured and ended.
    return List.of("sh", "-c", line.strip().startsWith("exec ") ? line : "exec " + line);
  }

  @Override
  public void ask(Task task, ClientOutput testimony) throws Exception {
    var builder = new ProcessBuilder(command);
    builder.environment().putAll(task.environment());
    Process process = start(builder);
    var last = new AtomicReference<>("");
    Thread out = Thread.ofVirtual().start(() -> readText(process, testimony));
    Thread err = Thread.ofVirtual().start(() -> readNotes(process, testimony, last));
    try {
      while (!process.waitFor(GLANCE_MILLIS, TimeUnit.MILLISECONDS)) {
        testimony.memory(ProcessMemory.peakOf(process.toHandle()));
      }
      out.join();
      err.join();
    } finally {
      end(process);
    }
    if (process.exitValue() != 0) {
      throw new ClientFailedException(process.exitValue(), last.get());
    }
  }

  private Process start(ProcessBuilder builder) {
    try {
      return builder.start();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "client: must be a command that can be started, was " + String.join(" ", command), e);
    }
  }

  private static void readText(Process process, ClientOutput testimony) {
    try (Reader out = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)) {
      var piece = new char[4096];
      for (int read = out.read(piece); read >= 0; read = out.read(piece)) {
        testimony.text(new String(piece, 0, read));
      }
    } catch (IOException e) {
      // The process was ended; its output until then counts.
    }
  }

  private static List<String> keys(Map<String, String> environment) {
    return environment.entrySet().stream()
        .filter(variable -> SecretNames.isCredential(variable.getKey()))
        .map(Map.Entry::getValue)
        .toList();
  }

  private static void readNotes(
      Process process, ClientOutput testimony, AtomicReference<String> last) {
    try (BufferedReader err = process.errorReader(StandardCharsets.UTF_8)) {
      for (String line = err.readLine(); line != null; line = err.readLine()) {
        if (line.startsWith(TOOL)) {
          testimony.tool(line.substring(TOOL.length()));
        } else if (line.equals(CANCELLED)) {
          testimony.cancelled();
          letGo(process);
        } else if (!line.isBlank()) {
          // A client may print its request, and the environment it has is this process's.
          String shown = Redactor.SHAPES.with(keys(System.getenv())).text(line);
          last.set(shown.substring(0, Math.min(shown.length(), MAX_COMPLAINT)));
        }
      }
    } catch (IOException e) {
      // As above.
    }
  }

  /** Ends the stdin that the client waits for. */
  private static void letGo(Process process) {
    try (OutputStream in = process.getOutputStream()) {
      in.flush();
    } catch (IOException e) {
      // It is gone already.
    }
  }

  private static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
