// The makers of all schedulers, one a file; the table in scheduler.cpp names them.
#pragma once

#include "schedulers/scheduler.hpp"

namespace zoetrope {

std::unique_ptr<scheduler> make_ddpm(const config& options);
std::unique_ptr<scheduler> make_ddim(const config& options);
std::unique_ptr<scheduler> make_pndm(const config& options);
std::unique_ptr<scheduler> make_lcm(const config& options);
std::unique_ptr<scheduler> make_tcd(const config& options);
std::unique_ptr<scheduler> make_euler(const config& options);
std::unique_ptr<scheduler> make_euler_ancestral(const config& options);
std::unique_ptr<scheduler> make_heun(const config& options);
std::unique_ptr<scheduler> make_lms(const config& options);
std::unique_ptr<scheduler> make_kdpm2(const config& options);
std::unique_ptr<scheduler> make_kdpm2_ancestral(const config& options);
std::unique_ptr<scheduler> make_dpm_solver_sde(const config& options);
std::unique_ptr<scheduler> make_edm_euler(const config& options);
std::unique_ptr<scheduler> make_dpm_solver_multistep(const config& options);
std::unique_ptr<scheduler> make_dpm_solver_singlestep(const config& options);
std::unique_ptr<scheduler> make_deis(const config& options);
std::unique_ptr<scheduler> make_unipc(const config& options);
std::unique_ptr<scheduler> make_flow_match_euler(const config& options);
std::unique_ptr<scheduler> make_flow_match_heun(const config& options);

}  // namespace zoetrope
