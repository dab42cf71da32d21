package dev.holdfast.observe.debug.clients;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClientTableTest {
  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", "..")).normalize();
  private static final Path RESULTS = ROOT.resolve("integrations/clients/results");
  private static final Path PAGE = ROOT.resolve("docs/clients.md");

  private record Body(String kind, String text, String calls) {}

  private static Map<String, Body> bodies() throws IOException {
    var bodies = new HashMap<String, Body>();
    var lines = new ArrayList<String>();
    for (String list : List.of("bodies.txt", "paces.txt")) {
      lines.addAll(Files.readAllLines(ROOT.resolve("fixtures/clients").resolve(list)));
    }
    for (String line : lines) {
      if (!line.startsWith("#")) {
        String[] cells = line.split(" \\| ", 4);
        bodies.put(
            cells[0],
            new Body(
                cells[1].split(" ", -1)[0],
                cells[2].equals("-") ? "" : cells[2],
                cells[3].equals("-") ? "" : cells[3]));
      }
    }
    return bodies;
  }

  private static List<Json.Obj> results() throws Exception {
    var lines = new ArrayList<Json.Obj>();
    try (Stream<Path> files = Files.list(RESULTS)) {
      for (Path file : files.filter(it -> it.toString().endsWith(".jsonl")).sorted().toList()) {
        for (String line : Files.readAllLines(file)) {
          lines.add((Json.Obj) Json.parse(line));
        }
      }
    }
    return lines;
  }

  /** {@return protocol, kind and client of each run in which a client did not do what it should} */
  private static Set<String> broken() throws Exception {
    var bodies = bodies();
    var broken = new TreeSet<String>();
    for (Json.Obj run : results()) {
      var body = bodies.get(run.text("body"));
      if (body != null && (!run.text("error").isEmpty() || isAnother(run, body))) {
        String protocol = run.text("body").split("/", -1)[0];
        broken.add(protocol + " | " + body.kind() + " | " + run.text("client"));
      }
    }
    return broken;
  }

  private static boolean isAnother(Json.Obj run, Body body) throws Json.MalformedException {
    var calls = new ArrayList<String>();
    for (Json item : Objects.requireNonNull(run.array("calls")).items()) {
      var call = (Json.Obj) item;
      String arguments = call.text("arguments");
      boolean valid = Json.isValid(arguments);
      calls.add(call.text("name") + " " + (valid ? Json.parse(arguments).write() : arguments));
    }
    boolean kept = run.get("final") == null || run.text("final").equals(body.text());
    return !run.text("text").equals(body.text())
        || !kept
        || !String.join(" ", calls).equals(body.calls())
        || run.number("requests", 1) > 1
        || !run.text("stray").isEmpty();
  }

  @Test
  void everyRowIsShownByARunAndEveryBrokenRunHasItsRow() throws Exception {
    var rows = new TreeSet<String>();
    ClientTable.rows()
        .forEach((protocol, kinds) ->
            kinds.forEach((kind, clients) ->
                clients.forEach(
                    client -> rows.add(protocol + " | " + kind.id() + " | " + client.name()))));
    assertThat(rows).isEqualTo(broken()).hasSizeGreaterThan(300);
  }

  @Test
  void everyKindHasAClientThatBreaks() {
    var kinds = new TreeSet<ClientKind>();
    ClientTable.rows().values().forEach(rows -> kinds.addAll(rows.keySet()));
    assertThat(ClientKind.values()).containsExactlyElementsOf(kinds);
  }

  @Test
  void theProgramsOfEachLanguageReportWhatTheyRan() throws Exception {
    var heads = results().stream().filter(it -> it.get("program") != null).toList();
    assertThat(heads)
        .extracting(it -> it.text("program"))
        .containsExactlyInAnyOrder("agents", "held", "java", "node", "python");
    assertThat(heads).allMatch(it -> it.number("runs", 0) > 100);
    assertThat(heads)
        .filteredOn(it -> it.text("program").equals("agents"))
        .allMatch(it -> Objects.requireNonNull(it.array("clients")).items().size() >= 3);
  }

  @Test
  void thePageHasWhatTheTableHas() throws Exception {
    String page = page(results());
    if (Boolean.getBoolean("holdfast.fixtures.write")) {
      Files.writeString(PAGE, page);
    }
    assertThat(page)
        .as("If the change is meant: run this test with -Dholdfast.fixtures.write=true")
        .isEqualTo(Files.readString(PAGE));
  }

  private static String page(List<Json.Obj> results) {
    var out = new StringBuilder();
    out.append(
        """
        # Clients that break

        Some bodies can be read whole, and widely used clients break on them all the same. Examples are an event
        without its name, a missing number, and a comment in the wrong place. `holdfast debug` recognises these bodies
        in the bytes and names the clients ([the debugger](debugging.md#clients)). Each line below was seen:
        `integrations/clients/run` feeds the bodies of `fixtures/clients` to the clients over loopback and
        keeps what each did in `integrations/clients/results`. A client without a line read the same body
        whole. This page and the debugger's table follow from those runs; `ClientTableTest` holds them
        together.

        """);
    out.append("Tried:\n\n");
    for (Json.Obj head : results) {
      if (head.get("program") != null) {
        out.append("* ").append(head.text("date")).append(", ").append(head.text("program"));
        out.append(", ").append(head.number("runs", 0)).append(" runs:\n");
        out.append(
            Objects.requireNonNull(head.array("clients")).items().stream()
                .map(it -> "  * " + ((Json.Str) it).value() + "\n")
                .collect(joining()));
      }
    }
    out.append(
        """

        `create`, `createStreaming` and the like are the plain stream, read as the client's page shows.
        `stream`, `accumulator` and `chat` are its helper, which keeps the answer. All answers were
        "Good day, world." or the call `look {"city":"Oslo"}`, or both.

        Coding agents ran as a user would run them, for one prompt: `claude -p`, `codex exec`, `gemini -p` and
        `opencode run`, each in a home of its own, with its own retries. They read text only, and only bodies on
        which something breaks. `look` is none of their tools, and what an agent does with an unknown tool is
        no evidence about the bytes. With opencode, only silence was tried. What an agent "shows" is all the text that
        it printed while it ran, what it "keeps" is its result. An agent that asks again pays for the prompt
        twice; where it asked without streaming, it got a whole answer.

        `held` runs are about silence: nothing for 65 s or 330 s, then the whole body in one burst. A proxy that
        buffers everything behaves like that. The head comes with the body, or at once. The clients kept their own
        timeouts; SDKs did not retry. Nothing was held longer, so that limits of 600 s, which several SDKs have,
        are not in the table. Where the head came at once, no client gave up on 65 s.
        """);
    ClientTable.rows()
        .forEach((protocol, kinds) -> {
          out.append("\n## ")
              .append(protocol)
              .append("\n\n| what is in the bytes | client | what it does |\n");
          out.append("|---|---|---|\n");
          kinds.forEach((kind, clients) -> {
            String what = "`" + kind.id() + "`: " + kind.words() + ". Cure: " + kind.cure();
            for (ClientBreak.Client client : clients) {
              out.append("| ").append(cell(what)).append(" | ").append(client.name());
              out.append(" | ").append(cell(client.how())).append(" |\n");
              what = "";
            }
          });
        });
    return out.toString();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("<", "\\<").replace("*", "\\*");
  }
}
