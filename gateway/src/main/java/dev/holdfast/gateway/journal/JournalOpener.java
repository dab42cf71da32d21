package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.journal.EmbeddedJournal;
import dev.holdfast.journal.FsyncPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;

/** Opens the journal that a configuration names. */
public final class JournalOpener {
  private static final Duration SYNC = Duration.ofMillis(10);

  private JournalOpener() {}

  /**
   * {@return the journal, recovered and running}
   *
   * @throws IllegalArgumentException "journal: rule, was value" if it cannot be used
   */
  public static Journal open(JournalConfig config) {
    var defaults = JournalLimits.DEFAULTS;
    var options =
        EmbeddedJournal.at(config.directory())
            .fsync(sync(config.sync()))
            .limits(
                new JournalLimits(
                    defaults.metadata(),
                    defaults.batch(),
                    defaults.stream(),
                    defaults.streams(),
                    config.totalBytes()));
    if (config.key().isSet()) {
      options.key(HexFormat.of().parseHex(config.key().hex()));
    }
    try {
      return options.open();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "journal: must be a directory that can be used, was "
              + shown(config.directory())
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private static String shown(Path directory) {
    return "'" + directory + "'";
  }

  private static FsyncPolicy sync(JournalConfig.Sync sync) {
    return switch (sync) {
      case NEVER -> new FsyncPolicy.Never();
      case INTERVAL -> new FsyncPolicy.Interval(SYNC);
      case ALWAYS -> new FsyncPolicy.EveryCommit();
    };
  }
}
