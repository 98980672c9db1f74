package dev.tweed.fastpath.kernel;

import java.nio.ByteBuffer;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.types.size_t;

/**
 * What is used of libbpf 1.x (bpf/libbpf.h, bpf/bpf.h). Functions that give an int give a negative
 * error number. Public because jnr-ffi implements it; not meant for others.
 */
public interface LibBpf {

  /** Takes a function for libbpf's own messages; with null it says nothing. */
  Pointer libbpf_set_print(Pointer function);

  /** Opens an object file in memory; null with errno. */
  Pointer bpf_object__open_mem(ByteBuffer bytes, @size_t long length, Pointer options);

  /** Creates its maps and loads its programs. */
  int bpf_object__load(Pointer object);

  /** Frees all of it; what is attached by a link stays until the link is closed. */
  void bpf_object__close(Pointer object);

  /** One program; null if there is none of this name. */
  Pointer bpf_object__find_program_by_name(Pointer object, String name);

  /** Where the verifier's words about this program go, if it is refused. */
  int bpf_program__set_log_buf(Pointer program, Pointer buffer, @size_t long length);

  /** Its file descriptor, owned by the object. */
  int bpf_program__fd(Pointer program);

  /** A map's file descriptor, owned by the object. */
  int bpf_object__find_map_fd_by_name(Pointer object, String name);

  /** BPF_MAP_UPDATE_ELEM. */
  int bpf_map_update_elem(int fd, ByteBuffer key, ByteBuffer value, long flags);

  /** BPF_MAP_LOOKUP_ELEM. */
  int bpf_map_lookup_elem(int fd, ByteBuffer key, ByteBuffer value);

  /** BPF_MAP_DELETE_ELEM. */
  int bpf_map_delete_elem(int fd, ByteBuffer key);

  /** BPF_MAP_GET_NEXT_KEY; a null key gives the first. */
  int bpf_map_get_next_key(int fd, ByteBuffer key, ByteBuffer next);

  /** BPF_LINK_CREATE; a descriptor whose closing detaches. */
  int bpf_link_create(int program, int device, int attachType, Pointer options);

  /** BPF_PROG_QUERY of a device's programs. */
  int bpf_prog_query(
      int device,
      int attachType,
      int flags,
      ByteBuffer attachFlags,
      ByteBuffer ids,
      ByteBuffer count);

  /** BPF_OBJ_GET_INFO_BY_FD: of a program struct bpf_prog_info, as much as there is room for. */
  int bpf_obj_get_info_by_fd(int fd, ByteBuffer information, ByteBuffer length);

  /** BPF_PROG_TEST_RUN. */
  int bpf_prog_test_run_opts(int program, Pointer options);

  /** CPUs the kernel may ever have: a per-CPU value has one slot for each. */
  int libbpf_num_possible_cpus();

  /**
   * Loads the library and silences it.
   *
   * @throws UnsatisfiedLinkError without libbpf.so.1
   */
  static LibBpf load() {
    LibBpf library = LibraryLoader.create(LibBpf.class).load("libbpf.so.1");
    library.libbpf_set_print(null);
    return library;
  }
}
