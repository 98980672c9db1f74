# Cases that ask by SCTP among other protocols can ask by the others, where the kernel has no SCTP and the environment says so.
s/^import (/&\n\t"os"/
/^func PokeServer(/a\
	if protocol == "sctp" \&\& os.Getenv("WITHOUT_SCTP") != "" {\
		t.Log("left out: SCTP")\
		return\
	}
