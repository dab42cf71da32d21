package dev.holdfast.cli.playground;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The command of a child process: the same Java, with the same settings and class path. */
public final class JavaCommand {
  private JavaCommand() {}

  /** {@return the words that run a main class with these arguments} */
  public static List<String> of(Class<?> main, List<String> arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    String[] own = ProcessHandle.current().info().arguments().orElse(new String[0]);
    Stream.of(own)
        .takeWhile(word -> word.startsWith("-"))
        .filter(JavaCommand::passes)
        .forEach(command::add);
    command.add("--enable-native-access=ALL-UNNAMED"); // The gateway's epoll.
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return command;
  }

  /** Collector, compiler and start-up cache; nothing that two processes cannot share. */
  private static boolean passes(String option) {
    return option.matches(
        "-XX:[+]Use\\w+(GC|ObjectHeaders)|-XX:TieredStopAtLevel=\\d|-XX:AOTCache=.*"
            + "|-XX:SharedArchiveFile=.*|-Xshare:auto|-Xlog:disable");
  }
}
