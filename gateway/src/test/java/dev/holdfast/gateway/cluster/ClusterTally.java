package dev.holdfast.gateway.cluster;

/** What happened in all simulations, so that a load that is too tame shows. */
final class ClusterTally {
  long complete;
  long failed;
  long endedOtherwise;
  long lost;
  long kills;
  long pauses;
  long cuts;
  long resets;
  long restarts;
  long failovers;
  long handovers;
  long takeovers;
  long stops;
  long resumed;
  long readAnew;
  long frames;
  long events;

  @Override
  public String toString() {
    return ("%d streams complete, %d failed, %d ended otherwise, %d lost; %d kills, %d pauses,"
            + " %d partitions, %d resets, %d restarts of the store, %d failovers, %d hand-overs;"
            + " %d takeovers, %d stops, %d resumed, %d read anew, %d frames, %d events")
        .formatted(
            complete,
            failed,
            endedOtherwise,
            lost,
            kills,
            pauses,
            cuts,
            resets,
            restarts,
            failovers,
            handovers,
            takeovers,
            stops,
            resumed,
            readAnew,
            frames,
            events);
  }
}
