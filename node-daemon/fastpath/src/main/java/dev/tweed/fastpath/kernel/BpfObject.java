package dev.tweed.fastpath.kernel;

import dev.tweed.netlink.socket.LibC;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * The fast path's programs and maps, loaded into the kernel for as long as it is open. Nothing is
 * pinned: when the process ends, however it ends, the kernel detaches and frees all of it.
 *
 * <p>Devices are those of the calling thread's network namespace.
 */
public final class BpfObject implements AutoCloseable {

  /** The programs of fastpath.bpf.c. */
  public enum Program {
    /** Ingress of a pod's host-side veth. */
    FROM_POD(Hook.INGRESS),
    /** Egress of the tunnel device, or of the underlay device where plain routes lead to peers. */
    TO_PEER(Hook.EGRESS),
    /** Ingress of the tunnel device. */
    FROM_TUNNEL(Hook.INGRESS),
    /** Ingress of the underlay device. */
    FROM_WIRE(Hook.INGRESS),
    /** Egress of a pod's host-side veth. */
    TO_POD(Hook.EGRESS);

    private final Hook hook;

    Program(Hook hook) {
      this.hook = hook;
    }

    /** Where on its device it hangs. */
    public Hook hook() {
      return hook;
    }

    String symbol() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where a program hangs on a device: the tcx attach types of linux/bpf.h. */
  public enum Hook {
    /** BPF_TCX_INGRESS. */
    INGRESS(46),
    /** BPF_TCX_EGRESS. */
    EGRESS(47);

    private final int attachType;

    Hook(int attachType) {
      this.attachType = attachType;
    }
  }

  /**
   * What a program did with a packet it was given by {@link #rehearse}.
   *
   * @param verdict what it returned: -1 for the ordinary path, {@value #REDIRECT} for a redirection
   * @param packet the packet afterwards
   * @param priority of the packet, for queue disciplines
   */
  public record Rehearsal(int verdict, byte[] packet, int priority) {
    /** TC_ACT_REDIRECT. */
    public static final int REDIRECT = 7;
  }

  private static final String RESOURCE = "fastpath.bpf.o";
  private static final int LOG_BYTES = 1 << 20;
  private static final int LOG_TAIL = 4096;
  private static final int MOST_FOREIGN = 64;
  private static final int PACKET_ROOM = 4096;

  private final LibBpf library;
  private final Pointer object;
  private final ByteBuffer file; // libbpf reads it until the programs are loaded
  private boolean closed;
  private final Map<Program, Integer> programs = new EnumMap<>(Program.class);
  private final Map<Program, Integer> identifiers = new EnumMap<>(Program.class);

  private BpfObject(LibBpf library, Pointer object, ByteBuffer file) {
    this.library = library;
    this.object = object;
    this.file = file;
  }

  /**
   * Loads programs and maps.
   *
   * @throws BpfException with what the verifier says, if that refuses a program
   */
  public static BpfObject load(LibBpf library) throws BpfException {
    try {
      return load(library, Map.of());
    } catch (BpfException refused) {
      // Once more for what the verifier says: its room is megabytes that nobody else needs.
      Map<Program, Pointer> logs = new EnumMap<>(Program.class);
      for (Program program : Program.values()) {
        logs.put(
            program, Runtime.getSystemRuntime().getMemoryManager().allocateDirect(LOG_BYTES, true));
      }
      return load(library, logs);
    }
  }

  private static BpfObject load(LibBpf library, Map<Program, Pointer> logs) throws BpfException {
    ByteBuffer bytes = read();
    Pointer object = library.bpf_object__open_mem(bytes, bytes.capacity(), null);
    if (object == null) {
      throw new BpfException("reading of " + RESOURCE, LibC.lastError(), "");
    }
    BpfObject loaded = new BpfObject(library, object, bytes);
    try {
      loaded.load(logs);
      return loaded;
    } catch (BpfException | RuntimeException failure) {
      loaded.close();
      throw failure;
    }
  }

  private void load(Map<Program, Pointer> logs) throws BpfException {
    logs.forEach(
        (program, log) -> library.bpf_program__set_log_buf(pointer(program), log, LOG_BYTES));
    int result = library.bpf_object__load(object);
    Reference.reachabilityFence(file);
    Reference.reachabilityFence(logs);
    if (result < 0) {
      StringBuilder words = new StringBuilder();
      logs.forEach(
          (program, log) -> {
            String text = log.getString(0).strip();
            if (!text.isEmpty() && library.bpf_program__fd(pointer(program)) < 0) {
              words.append(program.symbol()).append(": ").append(tail(text));
            }
          });
      throw new BpfException("loading of the eBPF programs", -result, words.toString());
    }
    for (Program program : Program.values()) {
      int fd = library.bpf_program__fd(pointer(program));
      programs.put(program, fd);
      identifiers.put(program, identifier(fd));
    }
  }

  /** The second number of struct bpf_prog_info (linux/bpf.h). */
  private int identifier(int fd) throws BpfException {
    ByteBuffer information = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
    ByteBuffer length = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
    length.putInt(0, information.capacity());
    int result = library.bpf_obj_get_info_by_fd(fd, information, length);
    if (result < 0) {
      throw new BpfException("asking for a program's identifier", -result, "");
    }
    return information.getInt(4);
  }

  /** What the kernel calls a program, as {@link #attached} does. */
  public int identifier(Program program) {
    return identifiers.get(program);
  }

  private Pointer pointer(Program program) {
    Pointer found = library.bpf_object__find_program_by_name(object, program.symbol());
    if (found == null) {
      throw new IllegalStateException(RESOURCE + " has no program " + program.symbol());
    }
    return found;
  }

  private static String tail(String text) {
    return text.length() <= LOG_TAIL ? text : "..." + text.substring(text.length() - LOG_TAIL);
  }

  private static ByteBuffer read() {
    try (InputStream in = BpfObject.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no " + RESOURCE);
      }
      byte[] bytes = in.readAllBytes();
      return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One of its maps. */
  public BpfMap map(String name, int keySize, int valueSize) {
    int fd = library.bpf_object__find_map_fd_by_name(object, name);
    if (fd < 0) {
      throw new IllegalStateException(RESOURCE + " has no map " + name);
    }
    return new BpfMap(library, name, fd, keySize, valueSize);
  }

  /** Slots of a value of a per-CPU map. */
  public int cpus() {
    return library.libbpf_num_possible_cpus();
  }

  /** Attaches a program to a device, behind the programs that are there. Closing it detaches. */
  public TcxLink attach(Program program, int device) throws BpfException {
    int fd = library.bpf_link_create(programs.get(program), device, program.hook.attachType, null);
    if (fd < 0) {
      throw new BpfException("attaching of " + program.symbol() + " to device " + device, -fd, "");
    }
    return new TcxLink(fd);
  }

  /** Identifiers of the tcx programs on a device, ours among them. */
  public List<Integer> attached(int device, Hook hook) throws BpfException {
    ByteBuffer ids = ByteBuffer.allocateDirect(4 * MOST_FOREIGN).order(ByteOrder.nativeOrder());
    ByteBuffer count = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
    count.putInt(0, MOST_FOREIGN);
    int result = library.bpf_prog_query(device, hook.attachType, 0, null, ids, count);
    if (result < 0) {
      throw new BpfException("asking for the programs of device " + device, -result, "");
    }
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < count.getInt(0); i++) {
      found.add(ids.getInt(4 * i));
    }
    return found;
  }

  /**
   * Lets a program judge a packet as if it had arrived on the loopback device (BPF_PROG_TEST_RUN).
   * Maps are read and written; nothing is sent.
   *
   * @param packet from its Ethernet header on
   */
  public Rehearsal rehearse(Program program, byte[] packet) throws BpfException {
    return rehearse(program, packet, 0);
  }

  /**
   * The same with a packet of which a NIC has summed every byte (CHECKSUM_COMPLETE). Refused with
   * EBADMSG if that is no longer the sum of what the program has made of it, and with EINVAL before
   * Linux 6.11.
   */
  public Rehearsal rehearseSummed(Program program, byte[] packet) throws BpfException {
    return rehearse(program, packet, TestRun.CHECKSUM_COMPLETE);
  }

  private Rehearsal rehearse(Program program, byte[] packet, int flags) throws BpfException {
    Pointer in = Runtime.getSystemRuntime().getMemoryManager().allocateDirect(packet.length);
    Pointer out = Runtime.getSystemRuntime().getMemoryManager().allocateDirect(PACKET_ROOM, true);
    Pointer options =
        Runtime.getSystemRuntime().getMemoryManager().allocateDirect(TestRun.BYTES, true);
    in.put(0, packet, 0, packet.length);
    options.putLong(TestRun.SIZE, TestRun.BYTES);
    options.putPointer(TestRun.DATA_IN, in);
    options.putPointer(TestRun.DATA_OUT, out);
    Pointer context =
        Runtime.getSystemRuntime().getMemoryManager().allocateDirect(Context.BYTES, true);
    options.putPointer(TestRun.CONTEXT_OUT, context);
    options.putInt(TestRun.CONTEXT_SIZE_OUT, Context.BYTES);
    options.putInt(TestRun.DATA_SIZE_IN, packet.length);
    options.putInt(TestRun.DATA_SIZE_OUT, PACKET_ROOM);
    options.putInt(TestRun.FLAGS, flags);
    int result = library.bpf_prog_test_run_opts(programs.get(program), options);
    Reference.reachabilityFence(in);
    if (result < 0) {
      throw new BpfException("a test run of " + program.symbol(), -result, "");
    }
    byte[] after = new byte[options.getInt(TestRun.DATA_SIZE_OUT)];
    out.get(0, after, 0, after.length);
    return new Rehearsal(
        options.getInt(TestRun.RETURN_VALUE), after, context.getInt(Context.PRIORITY));
  }

  /** Offsets in struct bpf_test_run_opts of bpf/bpf.h, on a 64-bit machine. */
  private static final class TestRun {
    static final int SIZE = 0;
    static final int DATA_IN = 8;
    static final int DATA_OUT = 16;
    static final int DATA_SIZE_IN = 24;
    static final int DATA_SIZE_OUT = 28;
    static final int CONTEXT_OUT = 40;
    static final int CONTEXT_SIZE_OUT = 52;
    static final int RETURN_VALUE = 56;
    static final int FLAGS = 68;
    static final int BYTES = 80;

    /** BPF_F_TEST_SKB_CHECKSUM_COMPLETE of linux/bpf.h. */
    static final int CHECKSUM_COMPLETE = 1 << 2;

    private TestRun() {}
  }

  /** Offsets in struct __sk_buff of linux/bpf.h. */
  private static final class Context {
    static final int PRIORITY = 32;
    static final int BYTES = 192;

    private Context() {}
  }

  /**
   * Frees programs and maps; a second time does nothing. Links have to be closed by whoever made
   * them.
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      library.bpf_object__close(object);
    }
  }
}
