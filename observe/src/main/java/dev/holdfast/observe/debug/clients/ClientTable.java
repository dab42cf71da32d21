package dev.holdfast.observe.debug.clients;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which clients break on what, and how: {@code clients.txt} beside this class, which {@code
 * integrations/clients/run} writes from what real clients did. A line is {@code protocol | kind |
 * client | how}.
 */
final class ClientTable {
  private static final Map<String, Map<ClientKind, List<ClientBreak.Client>>> ROWS = read();

  private ClientTable() {}

  /** {@return whether there is a row about a protocol} */
  static boolean knows(String protocol) {
    return ROWS.containsKey(protocol);
  }

  /** {@return the clients of a protocol that break on something, and how; may be empty} */
  static List<ClientBreak.Client> of(String protocol, ClientKind kind) {
    return ROWS.getOrDefault(protocol, Map.of()).getOrDefault(kind, List.of());
  }

  /** {@return the rows, by protocol and kind} */
  static Map<String, Map<ClientKind, List<ClientBreak.Client>>> rows() {
    return ROWS;
  }

  private static Map<String, Map<ClientKind, List<ClientBreak.Client>>> read() {
    var rows = new LinkedHashMap<String, Map<ClientKind, List<ClientBreak.Client>>>();
    try (InputStream in = ClientTable.class.getResourceAsStream("clients.txt")) {
      if (in == null) {
        throw new IllegalStateException("clients.txt: must be beside ClientTable, was missing");
      }
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .forEach(line -> {
            String[] cells = line.split(" \\| ", 4);
            rows.computeIfAbsent(cells[0], protocol -> new LinkedHashMap<>())
                .computeIfAbsent(ClientKind.byId(cells[1]), kind -> new ArrayList<>())
                .add(new ClientBreak.Client(cells[2], cells[3]));
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rows;
  }
}
