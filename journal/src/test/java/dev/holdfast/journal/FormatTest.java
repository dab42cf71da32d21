package dev.holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.security.GeneralSecurityException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/journal-format.md is enough to read a journal. */
final class FormatTest {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReaderThatWasWrittenFromTheDocumentReadsEveryRecord(boolean encrypted)
      throws IOException, GeneralSecurityException {
    var files = SmallJournal.write(encrypted, true);

    assertThat(files.paths()).containsExactly("shard-00/0000000000000001.seg");
    var reader = new FormatReader(files.bytes(files.paths().getFirst()), SmallJournal.KEY);
    assertThat(reader.lines())
        .containsExactly(
            "segment 1 flags " + (encrypted ? 1 : 0) + " shard 0 after 0 at 0",
            "commit up to here",
            "create 00000000000000010000000000000002 epoch 1 ttl 3600000 sliding true metadata first",
            "batch 00000000000000010000000000000002 epoch 1 sequence 0 back none: 1=Hello|1= wörld",
            "commit up to here",
            "create 00000000000000030000000000000004 epoch 1 ttl 3600000 sliding true metadata ",
            "create 00000000000000050000000000000006 epoch 1 ttl 3600000 sliding true metadata gone",
            "batch 00000000000000030000000000000004 epoch 1 sequence 0 back none: 1=a",
            "batch 00000000000000010000000000000002 epoch 1 sequence 2 back 0: 1=!",
            "commit up to here",
            "delete 00000000000000050000000000000006 epoch 1",
            "fence 00000000000000010000000000000002 epoch 5",
            "batch 00000000000000010000000000000002 epoch 5 sequence 3 back 2: 1=more",
            "commit up to here",
            "batch 00000000000000030000000000000004 epoch 1 sequence 1 back 0: 1=b|truncated(idle)",
            "footer [1-2 flags 3  epoch 5 0..4 runs 4, 3-4 flags 3 truncated epoch 1 0..2 runs 2,"
                + " 5-6 flags 7  epoch 1 -1..0 runs 0]");
  }
}
