package dev.holdfast.cli.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.judge.JudgeFinding;
import dev.holdfast.testkit.judge.Judgement;
import dev.holdfast.testkit.judge.Ruling;
import dev.holdfast.testkit.judge.Run;
import dev.holdfast.testkit.judge.TrialCase;
import dev.holdfast.testkit.judge.TrialCases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was found out about a client outlives the command that found it. */
class JudgeRecordTest {
  private static final JudgeEntry ENTRY =
      new JudgeEntry("@some/client 1.0, create", Protocol.OPENAI_CHAT, "true");
  private static final List<TrialCase> CASES = TrialCases.of(Protocol.OPENAI_CHAT).subList(0, 3);

  @TempDir Path directory;

  private JudgeRecord record(List<TrialCase> cases) {
    return JudgeRecord.of("--results", directory.toString(), ENTRY, cases, 25);
  }

  private static Judgement judgement() {
    String truth = CASES.getFirst().answer().text();
    var whole =
        new Run(Run.End.CLAIMED, truth, List.of(), "", true, 64L << 20, 2, true, 1_500_000_000L);
    var cut =
        new Run(
            Run.End.FAILED,
            truth.substring(0, 40),
            List.of("{\"name\":\"x\"}"),
            "out of \"luck\"\u202e",
            false,
            0,
            1,
            false,
            2_000_000L);
    var other = new Run(Run.End.HUNG, "Something else.", List.of(), "", true, 0, 0, false, 0);
    return new Judgement(
        ENTRY.name(),
        ENTRY.protocol(),
        List.of(
            new Ruling(CASES.get(0), whole, Set.of()),
            new Ruling(
                CASES.get(1),
                cut,
                Set.of(JudgeFinding.NEEDLESS_FAILURE, JudgeFinding.PARTIAL_TOOL)),
            new Ruling(CASES.get(2), other, Set.of(JudgeFinding.LOST_TEXT))));
  }

  @Test
  void whatIsReadIsWhatWasKept() throws IOException {
    JudgeRecord record = record(CASES);
    assertThat(record.isKept()).isFalse();
    record.keep(judgement());

    assertThat(record.isKept()).isTrue();
    assertThat(record.file().getFileName()).hasToString("some-client-1.0-create-openai-chat.jsonl");
    assertThat(record(CASES).read()).isEqualTo(judgement());
    assertThat(Files.readString(record.file())).doesNotContain("\u202e");
    try (var files = Files.list(directory)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void aRecordOfOtherCasesIsBadInput() throws IOException {
    record(CASES).keep(judgement());
    JudgeRecord more = record(TrialCases.of(Protocol.OPENAI_CHAT));
    JudgeRecord others = record(TrialCases.of(Protocol.OPENAI_CHAT).subList(3, 6));
    String message = "--results: must hold the cases asked for, or be removed, was " + more.file();
    assertThatThrownBy(more::read).isInstanceOf(BadInputException.class).hasMessage(message);
    assertThatThrownBy(others::read).isInstanceOf(BadInputException.class).hasMessage(message);

    Files.writeString(more.file(), "\nno json\n");
    assertThatThrownBy(more::read).isInstanceOf(BadInputException.class).hasMessage(message);
  }
}
