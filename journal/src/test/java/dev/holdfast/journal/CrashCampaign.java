package dev.holdfast.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * One life of a journal on a file system that crashes: a random load, a crash at a random
 * operation, a recovery (which may crash, too), a check against what was reported, and again.
 * Everything is drawn from one seed.
 */
final class CrashCampaign {
  private static final int CRASHES = 10;

  private static final List<JournalEnd.Kind> ENDS =
      List.of(
          JournalEnd.Kind.COMPLETE,
          JournalEnd.Kind.CANCELLED,
          JournalEnd.Kind.TRUNCATED,
          JournalEnd.Kind.FAILED);

  private final long seed;
  private final Random random;
  private final Consumer<CrashFiles> bug;
  private final boolean powerFails;
  private final boolean everyCommit;
  private final JournalOptions options;
  private final List<StreamModel> models = new ArrayList<>();

  /** What other threads have not come to yet: footers, and readers. */
  private final ArrayDeque<Runnable> beside = new ArrayDeque<>();

  private long clock = 1_000_000_000_000L;
  private long drawn;
  private int crashes;

  /** How often something happened, over all campaigns; so that a load that is too tame shows. */
  static final AtomicLong REFUSALS = new AtomicLong();

  static final AtomicLong TORN = new AtomicLong();

  /** What happened, for a person. */
  private final List<String> story = new ArrayList<>();

  CrashCampaign(long seed, Consumer<CrashFiles> bug) {
    this.seed = seed;
    this.bug = bug;
    random = new Random(seed);
    everyCommit = random.nextInt(4) > 0;
    powerFails = random.nextInt(3) > 0;
    options =
        EmbeddedJournal.at(Path.of("unused"))
            .fsync(
                everyCommit
                    ? new FsyncPolicy.EveryCommit()
                    : new FsyncPolicy.Interval(Duration.ofMillis(10)))
            .shards(1 + random.nextInt(2))
            .segmentBytes(4096)
            .memoryBytes(random.nextBoolean() ? 0 : 10_000)
            .limits(new JournalLimits(200, 4_000, 100_000, 1_000, 10_000_000))
            .clock(() -> clock);
    if (random.nextInt(4) == 0) {
      options.key(new byte[JournalOptions.KEY_BYTES]);
    }
  }

  /** {@return how many crashes were survived} */
  int run() {
    var files = new CrashFiles(random);
    while (crashes < CRASHES) {
      files = life(files);
      crashes++;
    }
    return crashes;
  }

  /** Until the next crash. */
  private CrashFiles life(CrashFiles files) {
    bug.accept(files);
    files.spaceLeft = Long.MAX_VALUE;
    files.errorOneIn = 0;
    boolean dirty = random.nextInt(5) == 0;
    try {
      var journal = open(files);
      check(journal, files);
      // A life with failing storage, or with a healthy one that loses power.
      files.errorOneIn = dirty ? 5 + random.nextInt(30) : 0;
      files.spaceLeft = random.nextInt(6) == 0 ? random.nextInt(3_000) : Long.MAX_VALUE;
      boolean limited = files.spaceLeft != Long.MAX_VALUE;
      files.operationsLeft = 1L + random.nextInt(60);
      load(journal);
      if (limited) {
        spaceReturns(journal, files);
      }
      story.add("closed");
      journal.close();
      files.operationsLeft = 0;
    } catch (CrashFiles.PowerOffError e) {
      story.add("crash after operation " + files.operations);
    } catch (IOException e) {
      throw failure("the journal cannot be opened: " + e.getMessage());
    }
    story.add(powerFails ? "power failure" : "kill");
    return powerFails ? files.afterPowerFailure() : files.afterKill();
  }

  /** Opens; the power may go meanwhile, and then the caller begins anew. */
  private EmbeddedJournal open(CrashFiles files) throws IOException {
    if (random.nextInt(4) == 0) {
      files.operationsLeft = random.nextInt(8);
    }
    beside.clear();
    var journal = EmbeddedJournal.manual(options, files, random, this::beside);
    files.operationsLeft = Long.MAX_VALUE;
    TORN.addAndGet(journal.tornTails().size());
    return journal;
  }

  /** Runs what another thread would run: at once, or some operations later. */
  private void beside(Runnable task) {
    if (random.nextInt(3) == 0) {
      beside.add(task);
    } else {
      task.run();
    }
  }

  private void catchUp() {
    while (!beside.isEmpty()) {
      beside.remove().run();
    }
  }

  private AssertionError failure(String what) {
    return new AssertionError(
        "%s%n  replay: -Dholdfast.seed=%d, CrashCampaignTest#oneSeed%n  %s"
            .formatted(what, seed, String.join("\n  ", story)));
  }

  private void check(Journal journal, CrashFiles files) {
    // A refused sync takes what was written since the last one, as a power failure does.
    boolean lossless = everyCommit || (!powerFails && files.failedSyncs == 0);
    files.failedSyncs = 0;
    for (StreamModel model : models) {
      String fault;
      try {
        fault = model.check(journal, lossless);
      } catch (AssertionError e) {
        throw failure(String.valueOf(e.getMessage()));
      }
      if (fault != null) {
        throw failure("stream " + model.id.low() + ": " + fault);
      }
    }
    models.removeIf(model -> journal.find(model.id).isEmpty());
    for (StreamModel model : models) {
      model.resume(journal);
    }
    if (models.size() > 12) {
      models.subList(0, 6).forEach(model -> delete(journal, model));
    }
    // A successor takes open streams over, so that a producer of before can do no harm.
    for (StreamModel model : models) {
      if (model.isOpen() && random.nextInt(3) == 0) {
        fence(journal, model);
      }
    }
  }

  private void load(EmbeddedJournal journal) {
    int steps = 10 + random.nextInt(60);
    for (int i = 0; i < steps; i++) {
      step(journal);
      if (random.nextInt(8) == 0) {
        catchUp();
      }
    }
    commit(journal);
    catchUp();
  }

  private void step(EmbeddedJournal journal) {
    int what = random.nextInt(20);
    if (models.isEmpty() || what == 0) {
      create(journal);
      return;
    }
    var model = models.get(random.nextInt(models.size()));
    switch (what) {
      case 1 -> end(journal, model);
      case 2 -> fence(journal, model);
      case 3 -> {
        if (random.nextInt(4) == 0) {
          delete(journal, model);
        }
      }
      case 4, 5, 6, 7, 8 -> commit(journal);
      case 9 -> {
        clock += random.nextInt(1_000);
        journal.expire();
        journal.sync();
      }
      case 10 -> verifyLive(journal, model);
      default -> append(journal, model);
    }
  }

  private void commit(EmbeddedJournal journal) {
    while (journal.commit()) {
      // Until nothing waits.
    }
  }

  private void create(EmbeddedJournal journal) {
    var model = new StreamModel(new StreamId(seed * 31, ++drawn), 1);
    models.add(model);
    story.add("create " + model.id.low());
    var metadata = ByteBuffer.wrap(new byte[random.nextInt(20)]);
    journal.create(
        new NewStream(model.id, 1, metadata, Duration.ofDays(1), true),
        receipt(() -> model.createdAcked = true, () -> model.lost = true));
    if (random.nextBoolean()) {
      commit(journal);
      if (model.createdAcked) {
        model.follow(journal);
      }
    }
  }

  private void append(EmbeddedJournal journal, StreamModel model) {
    if (!model.isOpen()) {
      return;
    }
    var entries = new ArrayList<String>();
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      entries.add(model.id.low() + "/" + ++drawn + "x".repeat(random.nextInt(200)));
    }
    Optional<JournalEnd> end =
        random.nextInt(15) == 0
            ? Optional.of(JournalEnd.of(JournalEnd.Kind.COMPLETE))
            : Optional.empty();
    int before = model.sent.size();
    model.sent.addAll(entries);
    model.endAsked = end.map(JournalEnd::kind);
    int after = model.sent.size();
    story.add("append %d..%d to %d".formatted(before, after, model.id.low()));
    journal.append(
        model.id,
        new JournalBatch(
            model.epoch, before, entries.stream().map(StreamModel::entry).toList(), end),
        receipt(
            () -> {
              model.acked = after;
              model.endAcked = end.isPresent();
            },
            () -> model.lost = true));
  }

  private void end(EmbeddedJournal journal, StreamModel model) {
    if (!model.isOpen()) {
      return;
    }
    var kind = ENDS.get(random.nextInt(ENDS.size()));
    model.endAsked = Optional.of(kind);
    story.add("end " + model.id.low() + " as " + kind);
    journal.append(
        model.id,
        JournalBatch.ending(model.epoch, JournalEnd.of(kind)),
        receipt(() -> model.endAcked = true, () -> model.lost = true));
  }

  private void fence(Journal journal, StreamModel model) {
    if (!model.isOpen()) {
      return;
    }
    int epoch = ++model.epoch;
    story.add("fence " + model.id.low() + " at " + epoch);
    journal.fence(
        model.id, epoch, receipt(() -> model.fenceAcked = epoch, () -> model.lost = true));
  }

  private void delete(Journal journal, StreamModel model) {
    if (model.lost && !model.createdAcked) {
      return;
    }
    model.deleteAsked = true;
    story.add("delete " + model.id.low());
    journal.delete(model.id, receipt(() -> model.deleteAcked = true, () -> {}));
  }

  private void verifyLive(Journal journal, StreamModel model) {
    if (model.createdAcked && !model.deleteAsked) {
      var there = StreamModel.read(journal, model.id);
      if (there.size() < model.acked || !model.sent.subList(0, there.size()).equals(there)) {
        throw failure("stream " + model.id.low() + ": a reader sees " + there);
      }
    }
  }

  /** A full disk must leave a usable journal. */
  private void spaceReturns(EmbeddedJournal journal, CrashFiles files) {
    files.spaceLeft = Long.MAX_VALUE;
    files.errorOneIn = 0;
    files.operationsLeft = Long.MAX_VALUE;
    story.add("space returns");
    journal.expire();
    var model = new StreamModel(new StreamId(seed * 31, ++drawn), 1);
    models.add(model);
    var metadata = ByteBuffer.allocate(0);
    journal.create(
        new NewStream(model.id, 1, metadata, Duration.ofDays(1), true),
        receipt(() -> model.createdAcked = true, () -> model.lost = true));
    append(journal, model);
    commit(journal);
    if (!model.createdAcked || model.acked == 0) {
      throw failure("after space returned, a stream cannot be stored");
    }
    for (StreamModel other : models) {
      other.endStored = other.lost && other.createdAcked && !other.deleteAsked;
    }
  }

  private static Journal.Receipt receipt(Runnable stored, Runnable refused) {
    return new Journal.Receipt() {
      @Override
      public void onStored(JournalOffset tail) {
        stored.run();
      }

      @Override
      public void onRefused(JournalRefusal refusal) {
        REFUSALS.incrementAndGet();
        refused.run();
      }
    };
  }
}
