package dev.holdfast.gateway.cluster;

import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalSize;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.SharedJournal;
import dev.holdfast.core.spi.StreamId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** A journal with one of the planted bugs, between a gateway and the real journal. */
final class PlantedJournal implements SharedJournal {
  private final SharedJournal journal;
  private final PlantedClusterBug bug;
  private final Map<StreamId, JournalOffset> read = new HashMap<>();

  PlantedJournal(SharedJournal journal, PlantedClusterBug bug) {
    this.journal = journal;
    this.bug = bug;
  }

  @Override
  public JournalRead read(StreamId id, JournalOffset after, int maxBytes) {
    var answer = journal.read(id, after, maxBytes);
    if (bug == PlantedClusterBug.TAKEN_OVER_UNREAD
        && maxBytes > 1
        && answer instanceof JournalRead.Page page
        && page.entries().size() > 1) {
      var entries = page.entries().subList(0, page.entries().size() - 1);
      var next = entries.getLast().offset();
      read.put(id, next);
      return new JournalRead.Page(entries, next, true, Optional.empty());
    }
    return answer;
  }

  @Override
  public void takeOver(StreamId id, int epoch, Receipt receipt) {
    if (bug == PlantedClusterBug.FENCE_NOT_AWAITED) {
      var tail = journal.find(id).map(JournalStream::tail).orElse(JournalOffset.START);
      receipt.onStored(tail);
      journal.takeOver(id, epoch, ignored());
      return;
    }
    var unread = read.remove(id);
    journal.takeOver(
        id,
        epoch,
        unread == null
            ? receipt
            : new Receipt() {
              @Override
              public void onStored(JournalOffset tail) {
                receipt.onStored(unread);
              }

              @Override
              public void onRefused(JournalRefusal refusal) {
                receipt.onRefused(refusal);
              }
            });
  }

  @Override
  public void fence(StreamId id, int epoch, Receipt receipt) {
    if (bug != PlantedClusterBug.STOP_ANSWERED_TOO_EARLY) {
      journal.fence(id, epoch, receipt);
      return;
    }
    journal.fence(
        id,
        epoch,
        new Receipt() {
          @Override
          public void onStored(JournalOffset tail) {
            receipt.onStored(tail);
          }

          @Override
          public void onRefused(JournalRefusal refusal) {
            boolean fenced = refusal.reason() == JournalRefusal.Reason.FENCED;
            receipt.onRefused(
                fenced ? new JournalRefusal(JournalRefusal.Reason.UNKNOWN, "planted") : refusal);
          }
        });
  }

  private static Receipt ignored() {
    return new Receipt() {
      @Override
      public void onStored(JournalOffset tail) {}

      @Override
      public void onRefused(JournalRefusal refusal) {}
    };
  }

  @Override
  public void append(StreamId id, JournalBatch batch, Receipt receipt) {
    if (bug != PlantedClusterBug.LOSS_SPLICED_OVER) {
      journal.append(id, batch, receipt);
      return;
    }
    journal.append(
        id,
        batch,
        new Receipt() {
          @Override
          public void onStored(JournalOffset tail) {
            receipt.onStored(tail);
          }

          @Override
          public void onRefused(JournalRefusal refusal) {
            if (refusal.reason() == JournalRefusal.Reason.WRONG_SEQUENCE) {
              journal.append(
                  id,
                  new JournalBatch(
                      batch.epoch(), JournalBatch.ANYWHERE, batch.entries(), batch.end()),
                  receipt);
            } else {
              receipt.onRefused(refusal);
            }
          }
        });
  }

  @Override
  public Subscription follow(StreamId id, JournalOffset after, Follower follower) {
    boolean again = bug == PlantedClusterBug.RESUMED_FROM_THE_START;
    return journal.follow(id, again ? JournalOffset.START : after, follower);
  }

  @Override
  public List<StreamId> orphans() {
    return bug == PlantedClusterBug.NEVER_TAKEN_OVER ? List.of() : journal.orphans();
  }

  @Override
  public void close() {
    if (bug != PlantedClusterBug.HANDED_OVER_WITHOUT_RELEASE) {
      journal.close();
    }
  }

  // ---------------------------------------------------------------- as it is

  @Override
  public void release(StreamId id) {
    journal.release(id);
  }

  @Override
  public void onLost(Consumer<StreamId> listener) {
    journal.onLost(listener);
  }

  @Override
  public void create(NewStream stream, Receipt receipt) {
    journal.create(stream, receipt);
  }

  @Override
  public void create(NewStream stream, JournalBatch first, Receipt receipt) {
    if (bug == PlantedClusterBug.REQUEST_STORED_LATER) {
      SharedJournal.super.create(stream, first, receipt);
    } else {
      journal.create(stream, first, receipt);
    }
  }

  @Override
  public void touch(StreamId id, Receipt receipt) {
    journal.touch(id, receipt);
  }

  @Override
  public void delete(StreamId id, Receipt receipt) {
    journal.delete(id, receipt);
  }

  @Override
  public Optional<JournalStream> find(StreamId id) {
    return journal.find(id);
  }

  @Override
  public List<StreamId> streams() {
    return journal.streams();
  }

  @Override
  public List<StreamId> openStreams() {
    return journal.openStreams();
  }

  @Override
  public int expire() {
    return journal.expire();
  }

  @Override
  public JournalSize size() {
    return journal.size();
  }

  @Override
  public JournalLimits limits() {
    return journal.limits();
  }
}
