package dev.holdfast.cli.judge;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.BoundedInput;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.judge.CommandClient;
import dev.holdfast.testkit.judge.Judge;
import dev.holdfast.testkit.judge.JudgedRoute;
import dev.holdfast.testkit.judge.Judgement;
import dev.holdfast.testkit.judge.JudgementPage;
import dev.holdfast.testkit.judge.JudgementTable;
import dev.holdfast.testkit.judge.TrialCase;
import dev.holdfast.testkit.judge.TrialCases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs streaming clients against the faults and reports where they lied. */
@Command(
    name = "judge",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Runs a streaming client against every fault and reports what it did wrong.",
    footer = {
      "",
      "A client is a command. It gets HOLDFAST_BASE_URL, HOLDFAST_PROTOCOL,"
          + " HOLDFAST_PROMPT and HOLDFAST_TIMEOUT (seconds); the variables of the official"
          + " SDKs are set as well. Its stdout is the answer's text; exit code 0 claims that"
          + " the answer is complete. docs/judge.md has the contract, and a table of"
          + " well-known SDKs."
    })
public final class JudgeCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--client", paramLabel = "CMD", description = "the client, as a shell reads it")
  private @Nullable String client;

  @Option(
      names = "--clients",
      paramLabel = "FILE",
      description = "several: a line for each, NAME | PROTOCOL | CMD")
  private @Nullable String clients;

  @Option(
      names = "--protocol",
      paramLabel = "P",
      defaultValue = "openai-chat",
      description = "what --client speaks (default: openai-chat)")
  private String protocol = "";

  @Option(names = "--case", paramLabel = "ID", split = ",", description = "only these cases")
  private List<String> chosen = List.of();

  @Option(names = "--no-cancel", description = "leave out the cases in which it is to cancel")
  private boolean noCancel;

  @Option(names = "--list", description = "list the cases and end")
  private boolean list;

  @Option(
      names = "--through",
      paramLabel = "WHAT",
      description = "what the client's requests pass on their way: gateway (default: nothing)")
  private @Nullable String through;

  @Option(
      names = "--lanes",
      paramLabel = "N",
      defaultValue = "2",
      description = "cases at a time (default: 2)")
  private int lanes;

  @Option(
      names = "--limit",
      paramLabel = "S",
      defaultValue = "25",
      description = "seconds until a client counts as hung (default: 25)")
  private int limit;

  @Option(names = "--html", paramLabel = "FILE", description = "write a report for a browser")
  private @Nullable String html;

  @Option(
      names = "--table",
      paramLabel = "FILE",
      description = "write the clients side by side, as Markdown")
  private @Nullable String table;

  @Option(
      names = "--results",
      paramLabel = "DIR",
      description = "keep what is found here; a client found here is not judged again")
  private @Nullable String results;

  @Option(names = "--json", description = "one JSON line per case, then one per client")
  private boolean json;

  public JudgeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    check(lanes >= 1 && lanes <= 64, "--lanes", "must be 1 to 64", lanes);
    check(limit >= 1 && limit <= 3600, "--limit", "must be 1 to 3600", limit);
    check(
        through == null || through.equals("gateway"),
        "--through",
        "must be gateway",
        String.valueOf(through));
    var screen = new JudgeScreen(terminal, json);
    if (list) {
      screen.list(cases(protocol("--protocol", protocol)));
      return Exit.OK;
    }
    List<JudgeEntry> entries = entries();
    check(results == null || clients != null, "--results", "must go with --clients", "without it");
    var judgements = new ArrayList<Judgement>();
    try {
      for (JudgeEntry entry : entries) {
        judgements.add(judge(entry, screen));
      }
    } catch (InterruptedException e) {
      return Exit.OK; // An interrupt ends a command that runs in a thread of its own.
    }
    if (html != null) {
      write("--html", html, JudgementPage.html(judgements));
    }
    if (table != null) {
      write("--table", table, JudgementTable.markdown(judgements));
    }
    boolean sound = judgements.stream().allMatch(one -> one.passed() == one.rulings().size());
    return sound ? Exit.OK : Exit.INCOMPLETE;
  }

  private Judgement judge(JudgeEntry entry, JudgeScreen screen) throws InterruptedException {
    List<TrialCase> cases = cases(entry.protocol());
    JudgeRecord record =
        results == null ? null : JudgeRecord.of("--results", results, entry, cases, limit);
    if (record != null && record.isKept()) {
      Judgement known = record.read();
      screen.known(known, record.file());
      return known;
    }
    screen.open(entry, cases.size());
    var judge =
        Judge.of(entry.name(), entry.protocol(), CommandClient.ofShell(entry.command()))
            .cases(cases)
            .lanes(lanes)
            .limit(Duration.ofSeconds(limit))
            .through(
                through == null
                    ? JudgedRoute.DIRECT
                    : new GatewayRoute(entry.protocol(), GatewayRoute.PATIENCE))
            .listener(ruling -> screen.show(entry, ruling));
    Thread self = Thread.currentThread();
    Judgement judgement;
    try {
      judgement = Terminal.abortable(self::interrupt, judge::judge);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          String.valueOf(e.getMessage())); // It cannot be started, or asks nothing.
    }
    if (record != null) {
      record.keep(judgement);
    }
    screen.close(judgement);
    return judgement;
  }

  private List<TrialCase> cases(Protocol spoken) {
    List<TrialCase> all = TrialCases.of(spoken);
    for (String id : chosen) {
      if (all.stream().noneMatch(one -> one.id().equals(id))) {
        String known = all.stream().map(TrialCase::id).collect(Collectors.joining(", "));
        throw BadInputException.of("--case", "must be one of " + known, id);
      }
    }
    var wanted =
        all.stream()
            .filter(one -> chosen.isEmpty() || chosen.contains(one.id()))
            .filter(one -> !noCancel || one.demand() != TrialCase.Demand.CANCEL)
            .toList();
    if (wanted.isEmpty()) {
      throw BadInputException.of(
          "--no-cancel", "must leave a case", "alone with --case " + String.join(",", chosen));
    }
    return wanted;
  }

  private List<JudgeEntry> entries() {
    if ((client == null) == (clients == null)) {
      throw new BadInputException(
          "--client: must be given, or --clients, was " + (client == null ? "neither" : "both"));
    }
    if (client != null) {
      check(!client.isBlank(), "--client", "must be a command", "'" + client + "'");
      return List.of(new JudgeEntry(client, protocol("--protocol", protocol), client));
    }
    return JudgeEntry.parse(clients, BoundedInput.file("--clients", clients));
  }

  private static void write(String option, String file, String content) {
    try {
      Files.writeString(Path.of(file), content);
    } catch (IOException | InvalidPathException e) {
      throw BadInputException.of(option, "must be a file that can be written", file);
    }
  }

  /** {@return the protocol of an id that came as {@code thing}} */
  static Protocol protocol(String thing, String id) {
    return Arrays.stream(Protocol.values())
        .filter(one -> one.id().equals(id))
        .findFirst()
        .orElseThrow(() -> {
          String known =
              Arrays.stream(Protocol.values()).map(Protocol::id).collect(Collectors.joining(", "));
          return BadInputException.of(thing, "must be one of " + known, id);
        });
  }

  private static void check(boolean holds, String thing, String rule, Object value) {
    if (!holds) {
      throw BadInputException.of(thing, rule, value);
    }
  }
}
