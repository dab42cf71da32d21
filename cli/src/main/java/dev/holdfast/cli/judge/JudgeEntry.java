package dev.holdfast.cli.judge;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.testkit.fault.Protocol;
import java.util.ArrayList;
import java.util.List;

/**
 * A client to be judged.
 *
 * @param name what it is called in reports
 * @param protocol what it speaks
 * @param command how a shell starts it
 */
record JudgeEntry(String name, Protocol protocol, String command) {
  /** {@return the clients of a file: a line for each, {@code NAME | PROTOCOL | CMD}} */
  static List<JudgeEntry> parse(String file, String content) {
    var entries = new ArrayList<JudgeEntry>();
    List<String> lines = content.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        entries.add(entry(file + ", line " + (i + 1), line));
      }
    }
    if (entries.isEmpty()) {
      throw BadInputException.of("--clients", "must name a client", file + " without any");
    }
    return entries;
  }

  private static JudgeEntry entry(String where, String line) {
    // A command may hold more bars; it is the last part.
    String[] parts = line.split("\\|", 3);
    if (parts.length < 3 || parts[0].isBlank() || parts[2].isBlank()) {
      throw BadInputException.of(where, "must be NAME | PROTOCOL | CMD", line);
    }
    Protocol protocol = JudgeCommand.protocol(where + ", protocol", parts[1].strip());
    return new JudgeEntry(parts[0].strip(), protocol, parts[2].strip());
  }
}
