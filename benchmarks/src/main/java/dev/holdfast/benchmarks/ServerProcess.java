package dev.holdfast.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A server in a process of its own, which prints its URL on the first line of its output and ends
 * with its input.
 */
final class ServerProcess implements AutoCloseable {
  private final String name;
  private final Process process;
  private final BufferedReader output;
  private final URI url;

  private ServerProcess(String name, Process process) throws IOException {
    this.name = name;
    this.process = process;
    output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    url = URI.create(line());
  }

  /**
   * {@return a server that has printed its URL}
   *
   * @throws IllegalStateException if it ended without
   */
  static ServerProcess start(String name, List<String> command) throws IOException {
    var process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new ServerProcess(name, process);
  }

  /** {@return the command that runs a class of this module on this JDK, options of Java first} */
  static List<String> java(Class<?> main, List<String> options, String... arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(Arrays.asList(arguments));
    return command;
  }

  String name() {
    return name;
  }

  URI url() {
    return url;
  }

  InetSocketAddress address() {
    return new InetSocketAddress(url.getHost(), url.getPort());
  }

  /** {@return the line with which the server answers a line} */
  String ask(String question) throws IOException {
    OutputStream in = process.getOutputStream();
    in.write((question + "\n").getBytes(StandardCharsets.UTF_8));
    in.flush();
    return line();
  }

  private String line() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IllegalStateException(name + ": must print a line, ended");
    }
    return line;
  }

  /** {@return the processor time of the process so far; 0 where the system has no figure} */
  double cpuSeconds() {
    return process.info().totalCpuDuration().map(cpu -> cpu.toNanos() / 1e9).orElse(0.0);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
