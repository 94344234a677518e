// Part of libzoetrope_cuda.so: lets the program refuse a library of another version.
extern "C" const char* zt_cuda_version() { return ZOETROPE_VERSION; }
