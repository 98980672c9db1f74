package dev.tweed.dataplane;

import java.util.function.Supplier;

/** Lets peers that come be added ({@link DataPath#add}) while a sync takes its time. */
public interface SafePoints {

  /** Nobody comes. */
  SafePoints NONE =
      new SafePoints() {
        @Override
        public void pause() {}

        @Override
        public <T> T during(Supplier<T> computation) {
          return computation.get();
        }
      };

  /** Peers may be added now, in the thread that calls. */
  void pause();

  /**
   * Computes something that needs neither the kernel nor the caller's thread, where peers may be
   * added meanwhile. What it throws is thrown here.
   */
  <T> T during(Supplier<T> computation);
}
